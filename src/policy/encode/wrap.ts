/**
 * A policy as the file of an initdata document. An empty aa.toml goes with it, as in the document that a
 * peer pod makes for itself: without one its attestation agent, and the kata agent behind it, do not start.
 */
import type { InitdataAlgorithm } from '#initdata';
/**
 * TOML text with the policy as it is. A literal string keeps every byte; only a text with three quotes
 * in a row, or with a character that TOML refuses there, needs escapes.
 */
export function wrapPolicy(policy: string, algorithm: InitdataAlgorithm = 'sha256'): string {
  return [
    'version = "0.1.0"',
    `algorithm = "${algorithm}"`,
    '',
    '[data]',
    `"aa.toml" = '''`,
    `'''`,
    `"policy.rego" = ${tomlText(policy)}`,
    '',
  ].join('\n');
}

function tomlText(text: string): string {
  // A reader may turn CR LF in a literal into its own line break: escaped it stays what it is.
  const isLiteral =
    !text.includes("'''") &&
    !text.endsWith("'") &&
    !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text);
  if (isLiteral) return `'''\n${text}'''`;
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `"""\n${escaped}"""`;
}
