/** A policy as the only file of an initdata document. */

export type InitdataHash = 'sha256' | 'sha384' | 'sha512';

/**
 * TOML text with the policy as it is. A literal string keeps every byte; only a text with three quotes
 * in a row, or with a character that TOML refuses there, needs escapes.
 */
export function wrapPolicy(policy: string, algorithm: InitdataHash = 'sha384'): string {
  return [
    'version = "0.1.0"',
    `algorithm = "${algorithm}"`,
    '',
    '[data]',
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
