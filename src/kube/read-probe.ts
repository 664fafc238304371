/**
 * The probes and lifecycle hooks of a container. Sources: Kubernetes 1.34,
 * pkg/apis/core/v1/defaults.go (SetDefaults_Probe) and pkg/kubelet/util (port names).
 */
import type { ObjectReader, Path } from './object-reader.ts';
import type { Container, Lifecycle, LifecycleAction, Probe, ProbeKind } from './pod.ts';

const KINDS: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];
const MAX_PORT = 65_535;

export function readProbes(reader: ObjectReader, container: Path): Container['probes'] {
  const probes: Partial<Record<ProbeKind, Probe>> = {};
  for (const kind of KINDS) {
    const at = [...container, `${kind}Probe`];
    if (reader.has(at)) probes[kind] = readProbe(reader, at, container);
  }
  return probes;
}

export function readLifecycle(reader: ObjectReader, container: Path): Lifecycle {
  const hook = (name: string): LifecycleAction | undefined => {
    const at = [...container, 'lifecycle', name];
    return reader.has(at) ? readAction(reader, at, container, ['sleep']) : undefined;
  };
  return { postStart: hook('postStart'), preStop: hook('preStop') };
}

function readProbe(reader: ObjectReader, at: Path, container: Path): Probe {
  const count = (field: string, fallback: number, min: number): number => {
    const value = reader.number([...at, field]) ?? fallback;
    if (value < min) {
      reader.fail(
        [...at, field],
        `Invalid value: ${value}: must be greater than or equal to ${min}`,
        'Raise it.',
      );
    }
    return value;
  };
  return {
    action: readAction(reader, at, container, []) as Probe['action'],
    initialDelaySeconds: count('initialDelaySeconds', 0, 0),
    periodSeconds: count('periodSeconds', 10, 1),
    timeoutSeconds: count('timeoutSeconds', 1, 1),
    successThreshold: count('successThreshold', 1, 1),
    failureThreshold: count('failureThreshold', 3, 1),
  };
}

function readAction(
  reader: ObjectReader,
  at: Path,
  container: Path,
  more: readonly string[],
): LifecycleAction {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', ...more];
  const kinds = handlers.filter((kind) => reader.has([...at, kind]));
  const [kind] = kinds;
  if (kinds.length !== 1) {
    return reader.fail(
      at,
      'Required value: must specify a handler type',
      `Give one of exec, httpGet, tcpSocket${more.map((name) => `, ${name}`).join('')}.`,
    );
  }
  const path = [...at, kind ?? ''];
  if (reader.has([...path, 'host'])) {
    return reader.fail(
      [...path, 'host'],
      'Forbidden: other hosts are not reachable',
      'Leave it out.',
    );
  }
  switch (kind) {
    case 'exec':
      return { kind: 'exec', command: reader.texts([...path, 'command']) };
    case 'httpGet':
      return readHttp(reader, path, container);
    case 'tcpSocket':
      return { kind: 'tcp', port: readPort(reader, [...path, 'port'], container) };
    case 'sleep':
      return { kind: 'sleep', seconds: reader.number([...path, 'seconds']) ?? 0 };
    default:
      return reader.fail(
        path,
        'Forbidden: gRPC probes are not supported',
        'Use exec, httpGet or tcpSocket.',
      );
  }
}

function readHttp(reader: ObjectReader, path: Path, container: Path): LifecycleAction {
  const scheme = reader.optionalText([...path, 'scheme']) ?? 'HTTP';
  if (scheme !== 'HTTP') {
    return reader.fail(
      [...path, 'scheme'],
      `Unsupported value: ${JSON.stringify(scheme)}: supported values: "HTTP"`,
      'Probe with HTTP.',
    );
  }
  return {
    kind: 'http',
    path: reader.optionalText([...path, 'path']) ?? '/',
    port: readPort(reader, [...path, 'port'], container),
    headers: reader.list([...path, 'httpHeaders'], (header) => [
      reader.text([...header, 'name']),
      reader.optionalText([...header, 'value']) ?? '',
    ]),
  };
}

/** A number, the name of one of the container's ports, or a number in quotes. */
function readPort(reader: ObjectReader, at: Path, container: Path): number {
  if (reader.isText(at)) {
    const name = reader.text(at);
    const ports = reader.list([...container, 'ports'], (port) => ({
      name: reader.optionalText([...port, 'name']),
      number: reader.number([...port, 'containerPort']) ?? 0,
    }));
    const found = ports.find((port) => port.name === name)?.number;
    const number = found ?? (/^\d{1,5}$/.test(name) ? Number(name) : 0);
    if (number >= 1 && number <= MAX_PORT) return number;
    return reader.fail(at, `couldn't find port: ${name}`, 'Name it in the container’s ports.');
  }
  const port = reader.number(at) ?? 0;
  if (port < 1 || port > MAX_PORT) {
    return reader.fail(
      at,
      `Invalid value: ${port}: must be between 1 and ${MAX_PORT}, inclusive`,
      'Write the port’s number.',
    );
  }
  return port;
}
