/** The probes of a container. Source of the defaults: Kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Probe. */
import type { ObjectReader, Path } from './object-reader.ts';
import type { Container, Probe, ProbeKind } from './pod.ts';

const KINDS: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];

export function readProbes(reader: ObjectReader, container: Path): Container['probes'] {
  const probes: Partial<Record<ProbeKind, Probe>> = {};
  for (const kind of KINDS) {
    const at = [...container, `${kind}Probe`];
    if (reader.has(at)) probes[kind] = readProbe(reader, at, container);
  }
  return probes;
}

function readProbe(reader: ObjectReader, at: Path, container: Path): Probe {
  const count = (field: string, fallback: number, min: number): number => {
    const value = reader.number([...at, field]) ?? fallback;
    if (value < min) {
      reader.fail([...at, field], `must be greater than or equal to ${min}`, 'Raise it.');
    }
    return value;
  };
  return {
    action: readAction(reader, at, container),
    initialDelaySeconds: count('initialDelaySeconds', 0, 0),
    periodSeconds: count('periodSeconds', 10, 1),
    timeoutSeconds: count('timeoutSeconds', 1, 1),
    successThreshold: count('successThreshold', 1, 1),
    failureThreshold: count('failureThreshold', 3, 1),
  };
}

function readAction(reader: ObjectReader, at: Path, container: Path): Probe['action'] {
  const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((kind) =>
    reader.has([...at, kind]),
  );
  const [kind] = kinds;
  if (kinds.length !== 1) {
    return reader.fail(at, 'must specify one handler type', 'Give exec, httpGet or tcpSocket.');
  }
  const path = [...at, kind ?? ''];
  if (reader.has([...path, 'host'])) {
    return reader.fail([...path, 'host'], 'other hosts are not reachable', 'Leave it out.');
  }
  switch (kind) {
    case 'exec':
      return { kind: 'exec', command: reader.texts([...path, 'command']) };
    case 'httpGet': {
      const scheme = reader.optionalText([...path, 'scheme']) ?? 'HTTP';
      if (scheme !== 'HTTP') {
        return reader.fail([...path, 'scheme'], `${scheme} is not supported`, 'Probe with HTTP.');
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
    case 'tcpSocket':
      return { kind: 'tcp', port: readPort(reader, [...path, 'port'], container) };
    default:
      return reader.fail(path, 'gRPC probes are not supported', 'Use exec, httpGet or tcpSocket.');
  }
}

/** A number, or the name of one of the container's ports. */
function readPort(reader: ObjectReader, at: Path, container: Path): number {
  if (reader.isText(at)) {
    const name = reader.text(at);
    const ports = reader.list([...container, 'ports'], (port) => ({
      name: reader.optionalText([...port, 'name']),
      number: reader.number([...port, 'containerPort']) ?? 0,
    }));
    const found = ports.find((port) => port.name === name);
    if (found !== undefined) return found.number;
    return reader.fail(at, `couldn't find port: ${name}`, 'Name it in the container’s ports.');
  }
  const port = reader.number(at) ?? 0;
  if (port < 1 || port > 65_535) {
    return reader.fail(at, 'must be between 1 and 65535, inclusive', 'Write the port’s number.');
  }
  return port;
}
