/**
 * The doctor: takes whatever a user calls their initdata, peels it layer by layer and says which
 * layer is wrong and what the real parts would answer. Never throws on bad input. Source of the
 * traps: cloud-api-adaptor v0.22.0 docs/initdata.md and pkg/initdata, kata-containers 4.1.0
 * docs/how-to/how-to-use-kata-containers-with-initdata.md.
 */
import { messageOf } from '#base';
import { decodeInitdata, INITDATA_ANNOTATION, INITDATA_ANNOTATION_OLD } from './annotation.ts';
import { checkDocument, type InitdataFinding, type Report } from './check.ts';
import { digestInitdata, pcr8 } from './digest.ts';
import { MAX_INITDATA_BYTES, type InitdataDocument } from './document.ts';
import { latin1, peel } from './peel.ts';

export interface InitdataDiagnosis {
  /** True when every real part would take the value as it is. */
  readonly ok: boolean;
  /** What was opened, outermost first: `base64`, `gzip`, `toml`. */
  readonly layers: readonly string[];
  readonly findings: readonly InitdataFinding[];
  /** What the adaptor would answer; undefined when it takes the value. */
  readonly upstream: string | undefined;
  readonly document: InitdataDocument | undefined;
  readonly digest: string | undefined;
  readonly pcr8: string | undefined;
}

export interface DiagnoseOptions {
  /** The annotation key the value stood under, when known. */
  readonly key?: string;
  readonly maxBytes?: number;
  /** Looks into one file of [data]: a policy, for example. This room knows no Rego. */
  readonly checkFile?: (name: string, content: string) => readonly FileFinding[];
}

export type FileFinding = Omit<InitdataFinding, 'layer'>;

export function diagnoseInitdata(
  input: string | Uint8Array,
  options: DiagnoseOptions = {},
): InitdataDiagnosis {
  const maxBytes = options.maxBytes ?? MAX_INITDATA_BYTES;
  const findings: InitdataFinding[] = [];
  const report: Report = (layer, severity, code, message, hint) =>
    findings.push({ layer, severity, code, message, ...(hint !== undefined && { hint }) });
  const text = typeof input === 'string' ? input : latin1(input);
  const upstream = upstreamAnswer(text, maxBytes);
  const { value, key } = unwrapKey(text, options.key, report);
  const layers: string[] = [];
  const bytes = peel(bytesOf(input, value), { layers, report, maxBytes });
  const document = bytes && checkDocument(bytes, report);
  if (document) layers.push('toml');
  for (const [name, content] of document?.data ?? []) {
    for (const { severity, code, message, hint } of options.checkFile?.(name, content) ?? []) {
      report('data', severity, code, message, hint);
    }
  }
  // A file (TOML or image) is not a value yet: then the missing wrapping is said, not held against.
  const ok = document !== undefined && !findings.some(({ severity }) => severity === 'error');
  const digest = document && digestInitdata(document);
  checkKey(key, report);
  return {
    ok: ok && !findings.some(({ severity }) => severity === 'error'),
    layers,
    findings,
    upstream,
    document,
    digest,
    pcr8: digest === undefined ? undefined : pcr8(digest),
  };
}

function upstreamAnswer(text: string, maxBytes: number): string | undefined {
  try {
    decodeInitdata(text, { maxBytes, reader: 'adaptor' });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function bytesOf(input: string | Uint8Array, value: string): Uint8Array {
  if (typeof input !== 'string' && value === latin1(input)) return input;
  return Buffer.from(value, typeof input === 'string' ? 'utf8' : 'latin1');
}

/** `key: "value"` and `KEY=value` as copied from a manifest or a shell. */
const PASTED =
  /^\s*["']?([A-Za-z][\w./-]*(?:cc_init_data|INITDATA)|INITDATA)["']?\s*[:=]\s*([\s\S]*)$/;

function unwrapKey(
  text: string,
  key: string | undefined,
  report: Report,
): { value: string; key: string | undefined } {
  // Annotation values are short: a long text is not searched.
  const pasted = text.length < 4 * MAX_INITDATA_BYTES ? PASTED.exec(text) : null;
  let value = pasted?.[2] ?? text;
  if (pasted) report('key', 'info', 'pasted-with-key', `read the value after "${pasted[1] ?? ''}"`);
  const quoted = /^\s*(["'])([A-Za-z0-9+/=_\s-]*)\1\s*$/.exec(value);
  if (quoted) {
    value = quoted[2] ?? '';
    if (!pasted) {
      report(
        'base64',
        'error',
        'quoted',
        'the value carries its quotes with it',
        'Remove the quotes: they are not base64.',
      );
    }
  }
  return { value, key: key ?? pasted?.[1] };
}

function checkKey(key: string | undefined, report: Report): void {
  if (key === undefined || key === INITDATA_ANNOTATION || key === 'INITDATA') return;
  if (key === INITDATA_ANNOTATION_OLD) {
    report(
      'key',
      'warning',
      'old-key',
      `${key} is read by cloud-api-adaptor before v0.16.0 only`,
      `Newer versions read ${INITDATA_ANNOTATION}; none reads both.`,
    );
    return;
  }
  report(
    'key',
    'error',
    'unknown-key',
    `nothing reads the annotation ${key}`,
    `Use ${INITDATA_ANNOTATION}.`,
  );
}
