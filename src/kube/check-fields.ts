/** Holds an object of a manifest against the table of its fields: names nobody knows, and fields this path ignores. */
import { nearest } from '#base';
import { kubeErrors } from './errors.ts';
import type { ObjectReader, Path } from './object-reader.ts';
import { objectFields, type FieldRule, type FieldTable, type KnownKind } from './object-fields.ts';

/** A field that is well formed and has no effect here. */
export interface IgnoredField {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  readonly because: string;
}

interface Findings {
  readonly unknown: { readonly path: Path; readonly hint: string }[];
  readonly ignored: IgnoredField[];
}

/** Throws for unknown fields, all of them at once, as the API server does; answers with the ignored ones. */
export function checkFields(reader: ObjectReader, kind: KnownKind): readonly IgnoredField[] {
  const findings: Findings = { unknown: [], ignored: [] };
  checkObject(reader, [], objectFields[kind], findings);
  const [first] = findings.unknown;
  if (first === undefined) return findings.ignored;
  const fields = findings.unknown.map(({ path, hint }) => ({
    path: reader.pathText(path),
    line: reader.placeOf(path).line,
    hint,
  }));
  throw kubeErrors.unknownFields(
    { kind, version: reader.optionalText(['apiVersion'])?.split('/').at(-1) ?? 'v1' },
    { file: reader.file, ...reader.placeOf(first.path) },
    fields,
  );
}

function checkObject(reader: ObjectReader, at: Path, table: FieldTable, findings: Findings): void {
  // A value of another kind than the table says is found, and worded, where it is read.
  if (!reader.isMapping(at)) return;
  for (const key of reader.keys(at)) {
    const path = [...at, key];
    const rule = Object.hasOwn(table, key) ? table[key] : undefined;
    if (rule === undefined) {
      findings.unknown.push({ path, hint: hintFor(key, Object.keys(table)) });
    } else checkField(reader, path, rule, findings);
  }
}

function checkField(reader: ObjectReader, path: Path, rule: FieldRule, findings: Findings): void {
  switch (rule.kind) {
    case 'read':
    case 'without-effect':
      return;
    case 'ignored':
      if (reader.has(path) && !rule.fits.some((value) => reader.equals(path, value))) {
        findings.ignored.push({
          file: reader.file,
          line: reader.placeOf(path).line,
          path: reader.pathText(path),
          because: rule.because,
        });
      }
      return;
    case 'object':
      checkObject(reader, path, rule.fields, findings);
      return;
    case 'list':
      if (!reader.isList(path)) return;
      for (let index = 0; index < reader.length(path); index++) {
        checkObject(reader, [...path, index], rule.fields, findings);
      }
  }
}

function hintFor(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${near}?`;
}
