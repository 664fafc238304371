/** `127.0.0.1:15150` as the network flags take it; the port may be 0 where something listens. */
import { KatasimError } from '#base';

interface HostPort {
  readonly host: string;
  readonly port: number;
}

const MAX_PORT = 65_535;

export function parseHostPort(option: string, text: string): HostPort {
  const match = /^(?:\[([\da-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > MAX_PORT) {
    throw new KatasimError('CLI_VALUE', `--${option} cannot be ${JSON.stringify(text)}`, {
      hint: 'Write HOST:PORT, such as 127.0.0.1:15150.',
    });
  }
  return { host, port };
}
