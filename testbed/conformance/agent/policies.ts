/** The default policies of the recorded agents, from what the recording keeps of them. */
import { endpoints } from '#wire';
import type { Run } from './pairs.ts';

/** The recording keeps this many characters of a policy. */
const KEPT = 3000;

const names = endpoints.map(({ endpoint }) => endpoint).sort();

const allowAll = `package agent_policy\n\n${names.map((name) => `default ${name} := true\n`).join('')}`;

/** Undefined: the file that the agent looks for does not exist. */
export function policyBytes({ policy }: Run): Buffer | undefined {
  if (policy === 'False') return undefined;
  // How the recorder wrote bytes that are no UTF-8.
  const literal = /^b'(.*)'$/s.exec(policy)?.[1];
  if (literal !== undefined) return Buffer.from(unescaped(literal), 'latin1');
  return Buffer.from(policy === 'allow-all (41 rules)' ? allowAll : completed(policy));
}

const unescaped = (literal: string): string =>
  literal
    .replaceAll('\\n', '\n')
    .replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );

/** A text that was cut has the same lines for every endpoint, in the order of their names. */
function completed(text: string): string {
  if (text.length < KEPT || !text.includes(names[0] ?? '')) return text;
  const lines = text.split('\n');
  const [first = '', second = ''] = names;
  const from = lines.findIndex((line) => line.includes(first));
  const to = lines.findIndex((line) => line.includes(second));
  const pattern = lines.slice(from, to);
  const complete = [
    ...lines.slice(0, from),
    ...names.flatMap((name) => pattern.map((line) => line.replaceAll(first, name))),
    '',
  ].join('\n');
  if (!complete.startsWith(text)) throw new Error('the end of a recorded policy cannot be told');
  return complete;
}
