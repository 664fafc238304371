/** The worker's kernel, from the namespace that `katasim run --net kernel` made. */
import type { RunningPod } from './katasim.ts';
import { has, output, run } from './programs.ts';

/** Why there can be no namespace to work in. */
export async function whyNoNamespace(): Promise<string | undefined> {
  for (const program of ['ip', 'ping', 'curl', 'bash', 'sha256sum']) {
    if (!(await has(program))) return `there is no program ${program}`;
  }
  const probe = ['netns', 'add', 'kpi-probe'];
  const made = await run(['ip', ...probe]);
  await run(['ip', 'netns', 'del', 'kpi-probe']);
  return made.code === 0 ? undefined : made.stderr.trim();
}

/** The worker's kernel, from its namespace. */
export class Node {
  readonly pod: RunningPod;
  readonly megabytes: number;
  readonly url: string;

  constructor(pod: RunningPod, megabytes: number) {
    this.pod = pod;
    this.megabytes = megabytes;
    this.url = `http://${pod.podIp}:8080`;
  }

  argv(...words: string[]): string[] {
    return ['ip', 'netns', 'exec', this.pod.netns, ...words];
  }

  output(...words: string[]): Promise<string> {
    return output(this.argv(...words));
  }

  shell(text: string): Promise<string> {
    return this.output('bash', '-c', `set -o pipefail; ${text}`);
  }

  ip(...words: string[]): Promise<string> {
    return output(['ip', '-n', this.pod.netns, ...words]);
  }

  ping(...words: string[]): Promise<string> {
    return this.output('ping', '-n', '-c', '3', '-i', '0.2', '-W', '3', ...words, this.pod.podIp);
  }
}

export function assert(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}

/** Of a ping, on average. */
export const roundTrip = (text: string): string =>
  /rtt [^=]*= ([\d.]+)\/([\d.]+)/.exec(text)?.[2] ?? '?';

export async function curl(node: Node): Promise<string> {
  const text = await node.output('curl', '-sSi', '--max-time', '10', `${node.url}/`);
  assert(/^HTTP\/1\.[01] 200 /.test(text) && text.endsWith('hello from the pod\n'), text);
  return text.split('\r\n')[0] ?? '';
}

export const rate = (bytes: number, ms: number): string =>
  `${((bytes * 8) / 1000 / ms).toFixed(0)} Mbit/s (${(ms / 1000).toFixed(2)} s)`;
