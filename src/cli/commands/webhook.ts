import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { systemClock, systemRandom } from '#base';
import {
  createCertificateAuthority,
  DEFAULT_WEBHOOK_SETTINGS,
  resolveTls,
  startWebhook,
  type TlsSettings,
} from '#peerpod';
import type { Command, CommandContext } from '../command.ts';
import { printEndpointsOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { parseHostPort } from '../peerpod/host-port.ts';

export const command: Command = {
  usage: 'webhook [--listen HOST:PORT] [--cert-file FILE --cert-key FILE]',
  details: [
    'Answers AdmissionReview v1 on /mutate-v1-pod, and /healthz and /readyz. Without a certificate it makes',
    'one for --server-name; --ca-out keeps the CA for clients. As in the real one, TARGET_RUNTIMECLASS,',
    'POD_VM_EXTENDED_RESOURCE, TLS_MIN_VERSION and TLS_CIPHER_SUITES are read from the environment.',
  ].join('\n'),
  options: {
    listen: {
      type: 'string',
      value: 'HOST:PORT',
      default: '127.0.0.1:9443',
      summary: 'where to listen; port 0 takes a free one',
    },
    'cert-file': { type: 'string', value: 'FILE', summary: 'certificate (tls.crt)' },
    'cert-key': { type: 'string', value: 'FILE', summary: 'its key (tls.key)' },
    'server-name': {
      type: 'string',
      value: 'NAME',
      default: 'localhost',
      summary: 'DNS name of the certificate made when none is given',
    },
    'ca-out': { type: 'string', value: 'FILE', summary: 'write the CA of that certificate here' },
    'target-runtimeclass': {
      type: 'string',
      value: 'NAME',
      summary: 'runtime class whose pods are changed (default: kata-remote)',
    },
    'extended-resource': {
      type: 'string',
      value: 'NAME',
      summary: 'resource that stands for a pod VM (default: kata.peerpods.io/vm)',
    },
    'print-endpoints': printEndpointsOption,
  },
  examples: [
    'katasim webhook --ca-out ca.crt',
    'katasim webhook --listen 127.0.0.1:0 --print-endpoints',
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { options, output, logger, signal, environment } = context;
    const { host, port } = parseHostPort('listen', options.text('listen') ?? '');
    const tls = await resolveTls(await certificate(context));
    if (tls === undefined) throw cliErrors.valueMissing('--cert-file', 'FILE');
    const runtimeClass =
      options.text('target-runtimeclass') ?? nonEmpty(environment['TARGET_RUNTIMECLASS']);
    const extendedResource =
      options.text('extended-resource') ?? nonEmpty(environment['POD_VM_EXTENDED_RESOURCE']);
    const settings = {
      ...DEFAULT_WEBHOOK_SETTINGS,
      ...(runtimeClass !== undefined && { runtimeClass }),
      ...(extendedResource !== undefined && { extendedResource }),
    };
    await using webhook = await startWebhook({ host, port, tls, settings, logger });
    const url = `https://${host}:${webhook.port}/mutate-v1-pod`;
    if (options.flag('print-endpoints')) output.line(JSON.stringify({ url }));
    output.note(`katasim webhook changes pods of ${settings.runtimeClass} on ${url}`);
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  },
};

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

async function certificate({ options, environment }: CommandContext): Promise<TlsSettings> {
  const suites = nonEmpty(environment['TLS_CIPHER_SUITES'])?.split(',');
  const profile = {
    minVersion: nonEmpty(environment['TLS_MIN_VERSION']),
    ...(suites !== undefined && { cipherSuites: suites }),
  };
  const certFile = options.text('cert-file');
  const keyFile = options.text('cert-key');
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw cliErrors.valueMissing(certFile === undefined ? '--cert-file' : '--cert-key', 'FILE');
  }
  if (certFile !== undefined) return { ...profile, certFile, keyFile };
  const ca = await createCertificateAuthority({ clock: systemClock, random: systemRandom });
  const caOut = options.text('ca-out');
  if (caOut !== undefined) {
    await writeFile(caOut, ca.cert).catch((error: unknown) => {
      throw cliErrors.unwritable(caOut, error);
    });
  }
  return { ...profile, ...(await ca.issue(options.text('server-name') ?? 'localhost')) };
}
