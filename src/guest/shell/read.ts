/**
 * The `read` builtin: one line of stdin into variables.
 */
import type { Process } from '../kernel/process.ts';
import type { Builtin, Shell } from './shell.ts';

export const read: Builtin = async (shell, argv) => {
  const words = argv.slice(1);
  let raw = false;
  let prompt = '';
  let timeoutMs: number | undefined;
  while (/^-[rpst]/.test(words[0] ?? '')) {
    const option = words.shift() ?? '';
    if (option.includes('r')) raw = true;
    if (option.endsWith('p')) prompt = words.shift() ?? '';
    if (option.endsWith('t')) timeoutMs = Number(words.shift() ?? 0) * 1000;
  }
  const names = words.length === 0 ? ['REPLY'] : words;
  if (prompt !== '' && shell.process.descriptor(0)?.tty !== undefined) await shell.print(2, prompt);
  const line = await readLine(shell.process, raw, timeoutMs);
  assign(shell, names, line.text);
  return line.ended ? 0 : 1;
};

/** One line from stdin, not a byte more; a backslash joins lines unless `raw`. */
async function readLine(process: Process, raw: boolean, timeoutMs: number | undefined) {
  const parts: Uint8Array[] = [];
  const deadline = timeoutMs === undefined ? undefined : process.kernel.clock.now() + timeoutMs;
  while (true) {
    const left = deadline === undefined ? undefined : deadline - process.kernel.clock.now();
    const data = await readUntilNewline(process, left);
    if (data === undefined) return { text: text(parts, raw), ended: false };
    parts.push(data);
    if (data.at(-1) !== 10) continue;
    const joined = Buffer.concat(parts).toString('latin1');
    if (!raw && /(^|[^\\])(\\\\)*\\\n$/.test(joined)) continue;
    return { text: text(parts, raw), ended: true };
  }
}

function text(parts: readonly Uint8Array[], raw: boolean): string {
  const line = Buffer.concat(parts).toString('utf8').replace(/\n$/, '');
  return raw ? line : line.replace(/\\\n/g, '').replace(/\\(.)/g, '$1');
}

/** Undefined at the end of the input or when the time is up. */
async function readUntilNewline(process: Process, timeoutMs: number | undefined) {
  const reading = process.read(0, 4096, { until: 10 });
  if (timeoutMs === undefined) {
    const data = await reading;
    return data.length === 0 ? undefined : data;
  }
  const data = await Promise.race([
    reading,
    process.sleep(Math.max(0, timeoutMs)).then(() => undefined),
  ]);
  // The abandoned read ends with the process; what it takes until then is lost, as with `read -t`.
  reading.catch(() => undefined);
  return data === undefined || data.length === 0 ? undefined : data;
}

/** Splits at IFS; the last name takes the rest of the line. */
function assign(shell: Shell, names: readonly string[], line: string): void {
  const ifs = shell.get('IFS') ?? ' \t\n';
  const blank = ifs.replace(/\S/g, '');
  const isBlank = (char: string): boolean => char !== '' && blank.includes(char);
  let at = 0;
  const skipBlanks = (): void => {
    while (isBlank(line[at] ?? '')) at++;
  };
  for (const [index, name] of names.entries()) {
    skipBlanks();
    if (index === names.length - 1) {
      let end = line.length;
      while (end > at && isBlank(line[end - 1] ?? '')) end--;
      shell.set(name, line.slice(at, end));
      return;
    }
    const start = at;
    while (at < line.length && !ifs.includes(line[at] ?? '')) at++;
    shell.set(name, line.slice(start, at));
    skipBlanks();
    if (at < line.length && ifs.includes(line[at] ?? '') && !isBlank(line[at] ?? '')) at++;
  }
}
