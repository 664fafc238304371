/** Steps for what speaks HTTP: a webhook, a pod behind a forwarded port, metrics. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { messageOf } from '#base';
import { testbedErrors } from './errors.ts';
import type { Step, StepTable } from './runner.ts';

const http: Step = {
  usage: "http METHOD URL [ca=FILE] ['NAME: VALUE']...",
  summary: 'one request; stdout is `HTTP STATUS` and the body, fails above 299; stdin is its body',
  async run(state, [method, url, ...more]) {
    if (method === undefined || url === undefined || !/^https?:/.test(url)) {
      throw testbedErrors.usage(this.usage);
    }
    const headers: Record<string, string> = {};
    let ca: string | undefined;
    for (const word of more) {
      const [, file] = /^ca=(.+)$/.exec(word) ?? [];
      const [, name, value] = /^([\w-]+): (.*)$/.exec(word) ?? [];
      if (file !== undefined) ca = await readFile(join(state.directory, file), 'utf8');
      else if (name !== undefined) headers[name] = value ?? '';
      else throw testbedErrors.usage(this.usage);
    }
    const options = { method, headers, agent: false, signal: state.signal };
    const sent = url.startsWith('https:')
      ? requestHttps(url, { ...options, ...(ca !== undefined && { ca }) })
      : requestHttp(url, options);
    try {
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      sent.end(state.stdin);
      const [response] = await answered;
      const status = response.statusCode ?? 0;
      const stdout = `HTTP ${status}\n${await text(response)}`;
      return { stdout, stderr: '', ok: status < 300 };
    } catch (error) {
      return { stdout: '', stderr: messageOf(error), ok: false };
    }
  },
};

const base64: Step = {
  usage: 'base64 TEXT',
  summary: 'decodes a text; the result is stdout',
  run(_state, [encoded, ...more], negated) {
    if (encoded === undefined || more.length > 0) throw testbedErrors.usage(this.usage);
    if (negated) throw testbedErrors.notNegated(this.usage);
    return { stdout: Buffer.from(encoded, 'base64').toString('utf8'), stderr: '', ok: true };
  },
};

export const httpSteps: StepTable = { http, base64 };
