/** AWS Signature Version 4 for a request that somebody else sends. */
import { createHash, createHmac } from 'node:crypto';
import { Decimal } from '../../decimal.ts';
import type { RegoNumber } from '../../number.ts';
import { formatTerm } from '../../text.ts';
import { RegoObject, RegoSet, typeName, type Value } from '../../value.ts';
import { UTC, toCivil } from './civil-time.ts';
import {
  type BuiltinContext,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  fatalFault,
  isBuiltinFault,
  operandFault,
} from '../../builtins/define.ts';
import { marshal } from '../../builtins/json-text.ts';
import { formatTime } from './time-layout.ts';
import { splitUri } from './uris.ts';

const CONFIG_KEYS = ['aws_service', 'aws_access_key', 'aws_secret_access_key', 'aws_region'];

/** What http.send and sign_req take. Source: OPA v1/topdown/http.go, allowedKeyNames. */
const REQUEST_KEYS = new Set(
  `method url body enable_redirect force_json_decode force_yaml_decode headers raw_body
   tls_use_system_certs tls_ca_cert tls_ca_cert_file tls_ca_cert_env_variable tls_client_cert
   tls_client_cert_file tls_client_cert_env_variable tls_client_key tls_client_key_file
   tls_client_key_env_variable tls_insecure_skip_verify tls_server_name timeout cache force_cache
   force_cache_duration_seconds raise_error caching_mode max_retry_attempts
   cache_ignored_headers`.split(/\s+/),
);

const IGNORED_HEADERS = ['authorization', 'user-agent', 'x-amzn-trace-id'];

const setText = (names: readonly Value[]): string => formatTerm(RegoSet.of(names));

function checkConfig(config: RegoObject): BuiltinFault | undefined {
  const missing = CONFIG_KEYS.filter((key) => !config.has(key));
  if (missing.length > 0) {
    return operandFault(2, `missing required AWS config parameters(s): ${setText(missing)}`);
  }
  const invalid = CONFIG_KEYS.filter((key) => typeof config.get(key) !== 'string');
  if (invalid.length === 0) return undefined;
  return operandFault(
    2,
    `invalid values for required AWS config parameters(s): ${setText(invalid)}`,
  );
}

function checkRequest(request: RegoObject): BuiltinFault | undefined {
  const keys = request.keys('opa');
  const unknown = keys.filter((key) => typeof key !== 'string' || !REQUEST_KEYS.has(key));
  if (unknown.length > 0) {
    return operandFault(1, `invalid request parameters(s): ${setText(unknown)}`);
  }
  const missing = ['method', 'url'].filter((key) => !request.has(key));
  if (missing.length > 0) {
    return operandFault(1, `missing required request parameters(s): ${setText(missing)}`);
  }
  const headers = request.get('headers');
  if (headers !== undefined && !(headers instanceof RegoObject)) {
    return operandFault(0, `must be object but got ${typeName(headers)}`);
  }
  const invalid = ['method', 'url'].filter((key) => typeof request.get(key) !== 'string');
  if (invalid.length === 0) return undefined;
  return operandFault(1, `invalid values for required request parameters(s): ${setText(invalid)}`);
}

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text, 'utf8').digest();

function bodyOf(context: BuiltinContext, request: RegoObject): string {
  const raw = request.get('raw_body');
  if (raw !== undefined) return textOf(raw);
  const body = request.get('body');
  return body === undefined ? '' : marshal(context, body);
}

interface Signing {
  readonly request: RegoObject;
  readonly config: RegoObject;
  readonly ns: bigint;
}

function sign(context: BuiltinContext, { request, config, ns }: Signing): BuiltinResult {
  const unsigned = config.get('disable_payload_signing') ?? false;
  const url = splitUri(textOf(request.get('url')));
  if (isBuiltinFault(url)) return url;
  if (typeof unsigned !== 'boolean') {
    return operandFault(2, "invalid value for 'disable_payload_signing' in AWS config");
  }
  const setting = (name: string): string => textOf(config.get(name));
  const service = setting('aws_service');
  const time = toCivil(ns, UTC);
  const [date, stamp] = [formatTime(time, '20060102'), formatTime(time, '20060102T150405Z')];
  const content = unsigned ? 'UNSIGNED-PAYLOAD' : sha256(bodyOf(context, request));
  const added = new Map<string, string>([
    ['host', url.host],
    ['x-amz-date', stamp],
  ]);
  if (service === 's3' || service === 'glacier') added.set('x-amz-content-sha256', content);
  const token = setting('aws_session_token');
  if (token !== '') added.set('x-amz-security-token', token);

  const given = request.get('headers');
  const headers: [string, string][] = [];
  if (given instanceof RegoObject) {
    for (const [name, value] of given.entries()) headers.push([textOf(name), textOf(value)]);
  }
  const signed = new Map(added);
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!IGNORED_HEADERS.includes(lower)) signed.set(lower, value);
  }
  const names = [...signed.keys()].sort();
  const canonical = [
    textOf(request.get('method')),
    url.escapedPath,
    url.rawQuery,
    ...names.map((name) => `${name}:${signed.get(name) ?? ''}`),
    '',
    names.join(';'),
    content,
  ].join('\n');
  const scope = `${date}/${setting('aws_region')}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  let key = hmac(`AWS4${setting('aws_secret_access_key')}`, date);
  for (const part of [setting('aws_region'), service, 'aws4_request']) key = hmac(key, part);
  const signature = hmac(key, toSign).toString('hex');
  const credential = `Credential=${setting('aws_access_key')}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  const out = RegoObject.of([...headers, ['Authorization', authorization], ...added]);
  return RegoObject.of([...request.entries(), ['headers', out]]);
}

const NO_NETWORK = 'this engine does not use the network';

export const network = [
  defineBuiltin({
    name: 'providers.aws.sign_req',
    summary: 'The request with the headers of an AWS version 4 signature.',
    args: ['object[string: any]', 'object[string: any]', 'number'],
    result: 'object[any: any]',
    impl(request: RegoObject, config: RegoObject, ns: RegoNumber) {
      const badConfig = checkConfig(config);
      if (badConfig !== undefined) return badConfig;
      if (ns instanceof Decimal || BigInt.asIntN(64, BigInt(ns)) !== BigInt(ns)) {
        return operandFault(3, 'could not convert time_ns value into a unix timestamp');
      }
      const badRequest = checkRequest(request);
      if (badRequest !== undefined) return badRequest;
      return sign(this, { request, config, ns: BigInt(ns) });
    },
  }),
  defineBuiltin({
    name: 'http.send',
    summary: 'An HTTP request; refused, the engine does not use the network.',
    args: ['object[string: any]'],
    result: 'object[any: any]',
    nondeterministic: true,
    impl: () => fatalFault(`http.send: ${NO_NETWORK}`),
  }),
];
