/**
 * Rooms and doors. The table says which rooms a room may import; anything else is an error.
 * Rooms reach each other only through `#room` (the door, index.ts); files of one room import each
 * other by relative path and never through their own door.
 */
const order = [
  ['base', []],
  ['wire', ['base']],
  ['rego', ['base']],
  ['kube', ['base']],
  ['initdata', ['base']],
  ['rpc', ['base', 'wire']],
  ['gate', ['base', 'wire', 'rego', 'initdata']],
  ['policy', ['base', 'wire', 'rego', 'initdata', 'gate']],
  ['guest', ['base', 'wire']],
  ['agent', ['base', 'wire', 'rpc', 'gate', 'guest']],
  ['ipnet', ['base']],
  ['shim', ['base', 'wire', 'kube', 'initdata', 'rpc']],
  ['peerpod', ['base', 'wire', 'kube', 'initdata', 'rpc', 'ipnet']],
  ['node', 'every room above'],
  ['cluster', ['base', 'kube']],
  ['sim', 'every room above'],
  ['testbed', ['base', 'sim']],
  ['cli', 'every room above'],
];
/** Inner doors of a room: each question that `policy` answers is loaded alone. */
const doors = {
  policy: {
    source: [],
    corpus: [],
    report: [],
    format: [],
    encode: ['source'],
    explain: [],
    check: ['source', 'encode', 'format', 'report'],
    replay: ['corpus'],
    bench: ['corpus'],
    coverage: ['corpus'],
    'can-i': ['corpus', 'explain'],
    test: ['corpus', 'explain', 'replay', 'report'],
    diff: ['corpus', 'explain', 'report'],
    learn: ['corpus'],
    mutate: ['corpus', 'diff', 'report'],
  },
};
const doorOf = (room) =>
  ['', ...Object.keys(doors[room] ?? {}).map((door) => `${door}/`)]
    .map((door) => `^src/${room}/${door}index\\.ts$`)
    .join('|');
const names = order.map(([room]) => room);
const rooms = Object.fromEntries(
  order.map(([room, uses], i) => [room, uses === 'every room above' ? names.slice(0, i) : uses]),
);
const all = Object.keys(rooms);

/** The libraries a room that does no I/O may use. See docs/adr/0002-dependencies.md. */
const pure = {
  base: [],
  wire: ['@grpc/proto-loader', 'protobufjs'],
  rego: ['yaml', 'graphql'],
  kube: ['yaml'],
  ipnet: [],
};

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'no module is part of a cycle; the functions of a grammar, a formatter and an evaluator, which call each other as their language nests, may stand in several files of one folder',
      severity: 'error',
      from: { pathNot: '^src/rego/(opa/)?(parse|fmt|regex|eval|plan|compile)/|\\.test\\.ts$' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-cycles-beyond-a-folder',
      severity: 'error',
      from: {
        path: '^src/rego/((?:opa/)?(?:parse|fmt|regex|eval|plan|compile))/',
        pathNot: '\\.test\\.ts$',
      },
      to: {
        circular: true,
        viaOnly: { dependencyTypesNot: ['type-only'] },
        via: { pathNot: '^src/rego/$1/' },
      },
    },
    ...all.map((room) => ({
      name: `direction-${room}`,
      comment: `${room} may import: ${rooms[room].join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^src/(?!${[room, ...rooms[room]].join('/|')}/)` },
    })),
    ...all.map((room) => ({
      name: `door-${room}`,
      comment: `other rooms use ${room} through its door, src/${room}/index.ts`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${room}/` },
      to: {
        path: `^src/${room}/`,
        pathNot: doorOf(room),
      },
    })),
    ...Object.entries(doors).flatMap(([room, inner]) =>
      Object.entries(inner).map(([door, uses]) => ({
        name: `direction-${room}-${door}`,
        comment: `${room}/${door} may import beside it: ${uses.join(', ') || 'nothing'}`,
        severity: 'error',
        from: { path: `^src/${room}/${door}/`, pathNot: '\\.test\\.ts$' },
        to: { path: `^src/${room}/(?!${[door, ...uses].join('/|')}/)` },
      })),
    ),
    ...all.map((room) => ({
      name: `own-door-${room}`,
      comment: `files in ${room} import each other directly, never through their own door`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: `\\.test\\.ts$|^src/${room}/index\\.ts$` },
      to: { path: doorOf(room) },
    })),
    {
      name: 'door-rego-opa',
      comment:
        'what only the OPA profiles need is loaded by profile: the rest of rego asks opa-dialect.ts for it and knows no more of src/rego/opa than its types',
      severity: 'error',
      from: {
        path: '^src/rego/',
        pathNot: '^src/rego/opa/|^src/rego/with-opa\\.ts$|\\.test\\.ts$',
      },
      to: { path: '^src/rego/opa/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'with-opa',
      comment: 'opa/ is reached through #rego-opa alone',
      severity: 'error',
      from: { path: '^src/rego/with-opa\\.ts$' },
      to: { path: '^src/rego/opa/', pathNot: '^src/rego/opa/load\\.ts$' },
    },
    ...Object.entries(pure).map(([room, libraries]) => ({
      name: `libraries-${room}`,
      comment: `${room} uses no library beyond: ${libraries.join(', ') || 'none'}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '(\\.test\\.ts$|/testing\\.ts$|/testdata/)' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-peer'],
        ...(libraries.length > 0 && { pathNot: `node_modules/(${libraries.join('|')})` }),
      },
    })),
    {
      name: 'no-io-in-pure-rooms',
      comment:
        'the two files of builtins that are left out take predicates on text from net: isIPv4, isIPv6',
      severity: 'error',
      from: {
        path: '^src/(base|wire|rego|kube)/',
        pathNot:
          '\\.test\\.ts$|/testing\\.ts$|^src/rego/opa/builtins/(ip|json-schema-formats)\\.ts$',
      },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|crypto|util|url|module|path)$' },
    },
    {
      name: 'no-dev-library-in-src',
      severity: 'error',
      from: { path: '^src/', pathNot: '(\\.test\\.ts$|/testing\\.ts$|/testdata/)' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '@types/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
    },
  },
};
