/** What a demo may leave behind: files below its folder, child processes, sockets of this process. */
import { access } from 'node:fs/promises';
import process from 'node:process';

/** Sockets and children; timers and the terminal's own handles are no leftovers. */
const resources = [
  'TCPServerWrap',
  'TCPSocketWrap',
  'PipeServerWrap',
  'PipeWrap',
  'UDPWrap',
  'UDPWRAP',
  'ProcessWrap',
  'TLSWrap',
];

export async function leftovers(directory: string): Promise<readonly string[]> {
  // Closed sockets leave the list with the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  const standard = standardStreams();
  const counted = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (resources.includes(name)) counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  const open: string[] = [];
  for (const [name, count] of counted) {
    const own = name === 'PipeWrap' || name === 'TCPSocketWrap' ? count - standard : count;
    if (own > 0) open.push(`${own} ${name}`);
  }
  if (directory !== '' && (await exists(directory))) open.push(directory);
  return open;
}

/** stdin, stdout and stderr that are pipes or sockets and belong to whoever called us. */
function standardStreams(): number {
  return [process.stdout, process.stderr].filter((stream) => !stream.isTTY && 'readable' in stream)
    .length;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
