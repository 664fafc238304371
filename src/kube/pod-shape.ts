/**
 * What a typed decoder would refuse of a pod, as far as the webhook reads it: a wrong kind of value
 * answers 400 with Go's sentence. `null` is absent, as in Go. Source: peer-pods.md 5.2.
 */
type Check = (value: unknown, path: string) => void;

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

function refuse(value: unknown, path: string, type: string): never {
  throw new Error(
    `json: cannot unmarshal ${kindOf(value)} into Go struct field ${path} of type ${type}`,
  );
}

const text: Check = (value, path) => {
  if (typeof value !== 'string') refuse(value, path, 'string');
};

/** The text is looked at when it is summed. */
const quantity: Check = (value, path) => {
  if (typeof value !== 'string' && typeof value !== 'number')
    refuse(value, path, 'resource.Quantity');
};

const struct =
  (type: string, fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (kindOf(value) !== 'object') refuse(value, path, type);
    for (const [name, check] of Object.entries(fields)) {
      const field = (value as Readonly<Record<string, unknown>>)[name];
      if (field !== undefined && field !== null) check(field, `${path}.${name}`);
    }
  };

const mapOf =
  (type: string, check: Check): Check =>
  (value, path) => {
    if (kindOf(value) !== 'object') refuse(value, path, type);
    for (const item of Object.values(value as object)) {
      if (item !== null) check(item, path);
    }
  };

const listOf =
  (type: string, check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) refuse(value, path, type);
    for (const item of value) if (item !== null) check(item, path);
  };

const quantities = mapOf('v1.ResourceList', quantity);
const containers = listOf(
  '[]v1.Container',
  struct('v1.Container', {
    resources: struct('v1.ResourceRequirements', { requests: quantities, limits: quantities }),
  }),
);

const pod = struct('v1.Pod', {
  metadata: struct('v1.ObjectMeta', { annotations: mapOf('map[string]string', text) }),
  spec: struct('v1.PodSpec', { runtimeClassName: text, containers, initContainers: containers }),
  status: struct('v1.PodStatus', {}),
});

/** Throws for what would not decode. */
export function assertPodShape(value: object): void {
  pod(value, 'Pod');
}
