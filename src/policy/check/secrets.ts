/**
 * Secrets in the text of a policy, comments included. A policy is measured, not hidden: it stands in
 * annotations, in ConfigMaps, in user-data, and in the log of whoever handles one of these.
 */
import type { Span } from '#rego';
import {
  isRandomText,
  isReadableBase64,
  isPlaceholder,
  isSecretName,
  KNOWN_SHAPES,
} from './secret-shapes.ts';
import type { CheckContext, FindingText } from './finding.ts';

type Found = { readonly start: number; readonly end: number } & FindingText;

export function findSecrets({ source, report }: Pick<CheckContext, 'source' | 'report'>): void {
  const known = knownShapes(source.text);
  const found = [...known, ...suspicious(source.text, known)].sort((a, b) => a.start - b.start);
  for (const { start, end, ...text } of found) {
    const span: Span = { source, start, end };
    report('secret-in-policy', span, text);
  }
}

const HINT =
  'Give it to the pod as a sealed secret or fetch it from the key broker; compare a digest here if you must.';

function knownShapes(text: string, offset = 0): readonly Found[] {
  return KNOWN_SHAPES.flatMap(({ what, pattern, accept }) =>
    Array.from(text.matchAll(pattern)).flatMap((match) => {
      if (accept !== undefined && !accept(match[0])) return [];
      const start = offset + match.index;
      const message = `this is ${what}: anyone who can read the policy has it`;
      return [
        { start, end: start + match[0].length, message, severity: 'error' as const, hint: HINT },
      ];
    }),
  );
}

/** Texts in quotes, on one line as Rego has them, and raw ones. */
const LITERAL = /"((?:[^"\\\n]|\\[^\n])*)"|`([^`]*)`/g;

/** A policy has a few thousand literals, most of them short. */
const MAX_LITERAL = 4096;

function* suspicious(text: string, known: readonly Found[]): Generator<Found> {
  for (const match of text.matchAll(LITERAL)) {
    const value = match[1] ?? match[2] ?? '';
    if (value.length < 6 || value.length > MAX_LITERAL) continue;
    const start = match.index + 1;
    const end = start + value.length;
    if (known.some((one) => one.start < end && one.end > start)) continue;
    const named = namedSecret(value, text.slice(Math.max(0, match.index - 120), match.index));
    if (named !== undefined) {
      const message = `${named} has a value here, which looks like a secret: anyone who can read the policy has it`;
      yield { start, end, message, hint: HINT };
      continue;
    }
    const inside = isReadableBase64(value)
      ? knownShapes(Buffer.from(value, 'base64').toString('latin1'))[0]
      : undefined;
    if (inside !== undefined) {
      yield {
        start,
        end,
        message: `inside the base64 ${inside.message}`,
        severity: 'error',
        hint: HINT,
      };
    } else if (isRandomText(valueOf(value)) && !saysDigest(text, match.index)) {
      const message =
        'a long random text: if it is a key or a token, anyone who can read the policy has it';
      yield {
        start,
        end,
        message,
        hint: `${HINT} A digest is better named so, or written in hex.`,
      };
    }
  }
}

/** `NAME=value` of an environment. */
const ENVIRONMENT = /^([A-Za-z_][\w.-]{0,127})=(.*)$/s;

const valueOf = (literal: string): string => ENVIRONMENT.exec(literal)?.[2] ?? literal;

/** The name of a secret whose value the literal is: an environment variable, a key, a rule, a field. */
function namedSecret(literal: string, before: string): string | undefined {
  const pair = ENVIRONMENT.exec(literal);
  if (pair !== null) {
    const [, name = '', value = ''] = pair;
    return isSecretName(name) && !isPlaceholder(value) ? name : undefined;
  }
  const name = /(?:"([^"\n]{1,100})"\s*:|([\w.]{1,100})\s*(?::=|==|=))\s*$/.exec(before);
  const last = (name?.[1] ?? name?.[2] ?? '').split('.').at(-1) ?? '';
  return isSecretName(last) && !isPlaceholder(literal) ? last : undefined;
}

/** The line says that the text is a measurement. */
function saysDigest(text: string, at: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /hash|digest|sha-?(?:1|224|256|384|512)|checksum|verity|measurement|fingerprint|signature/i.test(
    line,
  );
}
