/**
 * What can be known of a pod VM from its files alone: user-data, the initdata in it, and apf.json.
 * Source of the traps: cloud-api-adaptor v0.22.0 pkg/forwarder/forwarder.go,
 * pkg/util/tlsutil, pkg/podnetwork/tunneler/tunneler.go, pkg/userdata/provision.go.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { messageOf, type Clock } from '#base';
import { diagnoseInitdata } from '#initdata';
import { APF_CONFIG_PATH, parseApfConfig, type ApfConfig } from '../forwarder/apf-config.ts';
import { parseMac, parsePrefix } from '#ipnet';
import { DEFAULT_VXLAN_MIN_ID, DEFAULT_VXLAN_PORT } from '../network/vxlan-socket.ts';
import { cleanPath } from '../vm/files.ts';
import { INITDATA_PATH, USER_DATA_FILES } from '../vm/process-user-data.ts';
import { parseUserData } from '../vm/user-data.ts';
import { reportOn, type PathFinding, type PathReport } from './finding.ts';

/** Returns the text of apf.json when user-data carries one. */
export function inspectUserData(text: string, findings: PathFinding[]): string | undefined {
  const report = reportOn(findings, 'user-data');
  let files;
  try {
    files = parseUserData(text);
  } catch (error) {
    report('error', messageOf(error), 'process-user-data takes nothing but write_files.');
    return undefined;
  }
  const contents = new Map(files.map(({ path, content }) => [cleanPath(path), content]));
  for (const path of contents.keys()) {
    if (!USER_DATA_FILES.has(path)) {
      report('warning', `File: ${path} is not allowed in WriteFiles.`, 'The pod VM skips it.');
    }
  }
  report('ok', `carries ${[...contents.keys()].join(', ') || 'no files'}`);
  inspectInitdata(contents.get(INITDATA_PATH), findings);
  const apf = contents.get(APF_CONFIG_PATH);
  if (apf === undefined) {
    report('error', `no ${APF_CONFIG_PATH}`, 'The forwarder does not start without it.');
  }
  return apf;
}

function inspectInitdata(value: string | undefined, findings: PathFinding[]): void {
  const report = reportOn(findings, 'initdata');
  if (value === undefined) {
    report('ok', 'none: the VM makes the dummy, and the policy of its image is in force');
    return;
  }
  const { findings: said, document, digest, upstream } = diagnoseInitdata(value);
  for (const { severity, message, hint } of said) {
    if (severity !== 'info') report(severity, message, hint);
  }
  if (document === undefined || upstream !== undefined) {
    report(
      'error',
      `the pod VM does not come up: ${upstream ?? 'no document'}`,
      'Run katasim initdata doctor on the value.',
    );
    return;
  }
  if (!document.data.has('aa.toml')) {
    report(
      'error',
      'no aa.toml: the attestation agent, and the kata agent behind it, does not start',
      'Add an "aa.toml" to [data]; it may be empty.',
    );
  }
  const policy = document.data.has('policy.rego') ? 'its own policy' : 'the policy of the image';
  report('ok', `${document.algorithm} ${digest ?? ''}, ${policy}`);
}

export function inspectApf(
  text: string,
  clock: Clock,
  findings: PathFinding[],
): ApfConfig | undefined {
  const report = reportOn(findings, 'apf.json');
  let config: ApfConfig;
  try {
    config = parseApfConfig(text);
  } catch (error) {
    report('error', messageOf(error), 'The forwarder ends with exit code 1.');
    return undefined;
  }
  inspectNetwork(config, report);
  inspectCertificates(config, clock, report);
  return config;
}

function inspectNetwork({ 'pod-network': network }: ApfConfig, report: PathReport): void {
  if (network === null) {
    report('error', 'pod-network is missing', 'The real forwarder crashes on a nil pointer.');
    return;
  }
  const checks: readonly [string, () => unknown][] = [
    ['podip', () => parsePrefix(network.podip)],
    ['worker-node-ip', () => parsePrefix(network['worker-node-ip'])],
    ['pod-hw-addr', () => parseMac(network['pod-hw-addr'])],
  ];
  for (const [key, check] of checks) {
    try {
      check();
    } catch (error) {
      report('error', `pod-network.${key}: ${messageOf(error)}`);
    }
  }
  if (network['tunnel-type'] !== 'vxlan') {
    report(
      'error',
      `failed to get tunneler: unknown tunnel type: "${network['tunnel-type']}"`,
      'TUNNEL_TYPE is vxlan.',
    );
  }
  if (network.interface === '') report('error', 'pod-network: InterfaceName is not specified');
  const [port, vni] = [network['vxlan-port'], network['vxlan-id']];
  if (port !== DEFAULT_VXLAN_PORT) {
    report(
      'warning',
      `vxlan-port is ${port ?? 'not set'}, not ${DEFAULT_VXLAN_PORT}`,
      'Set VXLAN_PORT in peer-pods-cm, and open that UDP port between the subnets.',
    );
  }
  if (vni === undefined || vni < DEFAULT_VXLAN_MIN_ID) {
    report(
      'warning',
      `vxlan-id is ${vni ?? 'not set'}, below ${DEFAULT_VXLAN_MIN_ID}`,
      'The worker must use the same number; frames of another one are dropped silently.',
    );
  }
  report('ok', `pod ${network.podip}, VNI ${vni ?? 0}, worker ${network['worker-node-ip']}`);
}

function inspectCertificates(config: ApfConfig, clock: Clock, report: PathReport): void {
  const { 'tls-server-cert': cert, 'tls-server-key': key, 'tls-client-ca': ca } = config;
  if (cert === undefined || key === undefined) {
    report(
      'warning',
      'no server certificate: flags of the forwarder must name one, or say -disable-tls',
      'Without either it ends with "tls: neither Certificates, GetCertificate, ...".',
    );
    return;
  }
  if (ca === undefined) report('warning', 'no tls-client-ca: every client is let in');
  else certificateOf('tls-client-ca', ca, clock, report);
  const server = certificateOf('tls-server-cert', cert, clock, report);
  try {
    if (server !== undefined && !server.checkPrivateKey(createPrivateKey(key))) {
      report('error', 'tls-server-key does not belong to tls-server-cert');
    }
  } catch (error) {
    report('error', `tls-server-key: ${messageOf(error)}`, 'It is a PKCS#8 PRIVATE KEY.');
  }
  if (server !== undefined) report('ok', `server certificate for ${server.subjectAltName ?? '-'}`);
}

function certificateOf(
  what: string,
  pem: string,
  clock: Clock,
  report: PathReport,
): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (clock.now() < from || clock.now() > to) {
      report(
        'error',
        `${what} is valid from ${certificate.validFrom} to ${certificate.validTo}`,
        'A pod VM that was made by an older adaptor keeps its certificate; make a new one.',
      );
    }
    return certificate;
  } catch (error) {
    report('error', `${what}: ${messageOf(error)}`, 'It is a PEM CERTIFICATE.');
    return undefined;
  }
}
