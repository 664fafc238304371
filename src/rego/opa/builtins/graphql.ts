/* eslint-disable @typescript-eslint/no-unsafe-enum-comparison, @typescript-eslint/no-unsafe-enum-assignment -- the library's enum of kinds loads late; its values are these texts */
/** GraphQL documents: parse and validate, given as text or as trees. */
import type * as GraphQl from 'graphql';
import { RegoObject, type Value } from '../../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';
import { queryText, schemaText } from './graphql-text.ts';
import { queryTree, schemaTree } from './graphql-tree.ts';
import { lazy } from './lazy.ts';

const graphql = () => lazy('graphql') as typeof GraphQl;

/** Bounds what a hostile document can cost. */
const MAX_TOKENS = 100_000;

/** Our library's syntax errors in the words of OPA's. */
const REWORDINGS: readonly (readonly [RegExp, string])[] = [
  [/^Syntax Error: /, ''],
  [/\.$/, ''],
  [/(Expected|found|Unexpected) "([^A-Za-z"]+)"/g, '$1 $2'],
  [/^Unexpected variable "\$\w+" in constant value$/, 'Unexpected $$'],
  [/^(?:(?:Unexpected|Invalid) character:.*|Unterminated string)$/, 'Unexpected <Invalid>'],
];

interface Worded {
  message: string;
  column: number;
}

/** Where the two libraries see the same mistake differently; the source tells which it is. */
function refine(worded: Worded, source: string, position: number): Worded {
  const { message, column } = worded;
  // An empty block: "expected at least one definition".
  if (message === 'Expected Name, found }' && /\{[\s,]*$/.test(source.slice(0, position))) {
    return { message: 'expected at least one definition, found }', column };
  }
  const text = /^(?:"""|")([^"]*)/.exec(source.slice(position))?.[1];
  if (/^Unexpected (?:description|String)/.test(message) && text !== undefined) {
    // Their token begins behind the quote.
    return { message: `Unexpected String "${text}"`, column: column + 1 };
  }
  return worded;
}

/**
 * OPA 1.19 ends the message of a validation with a line break, but for a missing argument (its case
 * "failure validation rules are independent").
 */
function wording(error: GraphQl.GraphQLError, end = ''): string {
  let message = error.message;
  for (const [pattern, by] of REWORDINGS) message = message.replace(pattern, by);
  const [place] = error.locations ?? [];
  if (place === undefined) return `GraphQL parse error: input: ${message}`;
  const worded = { message, column: place.column };
  const source = error.source?.body ?? '';
  const refined = refine(worded, source, error.positions?.[0] ?? 0);
  return `${refined.message}${end} in GraphQL string at location ${place.line}:${refined.column}`;
}

type Role = 'query' | 'schema';

const isExecutable = (definition: GraphQl.DefinitionNode): boolean =>
  definition.kind === 'OperationDefinition' || definition.kind === 'FragmentDefinition';

function parse(
  context: BuiltinContext,
  text: string,
  role: Role,
): GraphQl.DocumentNode | BuiltinFault {
  context.charge(text.length);
  const { parse: read, GraphQLError, getLocation } = graphql();
  // OPA takes an empty document; the library asks for one definition at least.
  if (/^[\s,]*$/.test(text.replace(/#.*/g, '')))
    return { kind: graphql().Kind.DOCUMENT, definitions: [] };
  let document: GraphQl.DocumentNode;
  try {
    document = read(text, { maxTokens: MAX_TOKENS, allowLegacyFragmentVariables: true });
  } catch (error) {
    if (error instanceof GraphQLError) return builtinFault(wording(error));
    if (error instanceof RangeError) return builtinFault('GraphQL document nests too deeply');
    throw error;
  }
  const stranger = document.definitions.find((item) => isExecutable(item) !== (role === 'query'));
  if (stranger?.loc === undefined) return document;
  const { start, source } = stranger.loc;
  const { line, column } = getLocation(source, start);
  const word = /^\w*/.exec(text.slice(start))?.[0] ?? '';
  return builtinFault(
    `Unexpected ${word === '' ? text.charAt(start) : `Name "${word}"`} in GraphQL string at location ${line}:${column}`,
  );
}

/** Text, or a tree as our own functions make it. */
const parseOperand = (context: BuiltinContext, operand: Value, role: Role) =>
  parse(
    context,
    typeof operand === 'string'
      ? operand
      : role === 'query'
        ? queryText(operand)
        : schemaText(operand),
    role,
  );

/** A type that is only extended counts as defined, and the schema needs no query type. */
function withExtensionsAsTypes(document: GraphQl.DocumentNode): GraphQl.DocumentNode {
  const defined = new Set(
    document.definitions.flatMap((item) =>
      item.kind.endsWith('TypeDefinition') && 'name' in item ? [item.name.value] : [],
    ),
  );
  const definitions = document.definitions.map((item) => {
    if (!item.kind.endsWith('TypeExtension') || !('name' in item)) return item;
    const name = item.name.value;
    if (defined.has(name)) return item;
    defined.add(name);
    return {
      ...item,
      kind: item.kind.replace('Extension', 'Definition'),
    } as GraphQl.DefinitionNode;
  });
  return { ...document, definitions };
}

function buildSchema(document: GraphQl.DocumentNode): GraphQl.GraphQLSchema | BuiltinFault {
  const { buildASTSchema, validateSchema, GraphQLError, GraphQLSchema } = graphql();
  try {
    const schema = buildASTSchema(withExtensionsAsTypes(document));
    const [error] = validateSchema(schema).filter(
      ({ message }) => !message.startsWith('Query root type must be provided'),
    );
    if (error !== undefined) return schemaFault(error.message);
    // A schema without queries is fine with OPA; this keeps the library from asking again.
    return new GraphQLSchema({ ...schema.toConfig(), assumeValid: true });
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof Error) return schemaFault(error.message);
    throw error;
  }
}

const schemaFault = (message: string): BuiltinFault =>
  builtinFault(`Error in gqlparser SchemaDocument to Schema conversion: ${message}`);

interface Documents {
  readonly query: GraphQl.DocumentNode;
  readonly schema: GraphQl.DocumentNode;
}

/** Both documents, the query valid under the schema. */
function verified(context: BuiltinContext, query: Value, schema: Value): Documents | BuiltinFault {
  const queryDocument = parseOperand(context, query, 'query');
  if (isBuiltinFault(queryDocument)) return queryDocument;
  const schemaDocument = parseOperand(context, schema, 'schema');
  if (isBuiltinFault(schemaDocument)) return schemaDocument;
  const built = buildSchema(schemaDocument);
  if (isBuiltinFault(built)) return built;
  const [error] = graphql().validate(built, queryDocument, undefined, { maxErrors: 1 });
  if (error !== undefined)
    return builtinFault(wording(error, error.message.includes('was not provided') ? '' : '\n'));
  const unsupported = unsupportedOperation(built, queryDocument);
  if (unsupported !== undefined) return builtinFault(wording(unsupported, '\n'));
  return { query: queryDocument, schema: schemaDocument };
}

/** gqlparser refuses operations whose root type the schema lacks; graphql-js only when they run. */
function unsupportedOperation(
  schema: GraphQl.GraphQLSchema,
  document: GraphQl.DocumentNode,
): GraphQl.GraphQLError | undefined {
  const { GraphQLError, Kind } = graphql();
  for (const item of document.definitions) {
    if (item.kind !== Kind.OPERATION_DEFINITION || schema.getRootType(item.operation)) continue;
    const message = `Schema does not support operation type "${item.operation}"`;
    return new GraphQLError(message, { nodes: item });
  }
  return undefined;
}

const DOCUMENT = 'any<string, object[any: any]>';
const TREE = 'object[any: any]';
const KINDS = { 1: ['string', 'object'], 2: ['string', 'object'] } as const;

export const graphqls = [
  defineBuiltin({
    name: 'graphql.parse',
    summary: '[query, schema] as trees, the query valid under the schema.',
    args: [DOCUMENT, DOCUMENT],
    kinds: KINDS,
    result: `array<${TREE}, ${TREE}>`,
    impl(query: Value, schema: Value): BuiltinResult {
      const documents = verified(this, query, schema);
      if (isBuiltinFault(documents)) return documents;
      return [queryTree(documents.query), schemaTree(documents.schema)];
    },
  }),
  defineBuiltin({
    name: 'graphql.parse_and_verify',
    summary: '[valid, query, schema]; empty trees when the query is not valid.',
    args: [DOCUMENT, DOCUMENT],
    kinds: KINDS,
    result: `array<boolean, ${TREE}, ${TREE}>`,
    impl(query: Value, schema: Value): BuiltinResult {
      const documents = verified(this, query, schema);
      if (isBuiltinFault(documents)) return [false, RegoObject.empty, RegoObject.empty];
      return [true, queryTree(documents.query), schemaTree(documents.schema)];
    },
  }),
  defineBuiltin({
    name: 'graphql.is_valid',
    summary: 'The query is valid under the schema.',
    args: [DOCUMENT, DOCUMENT],
    kinds: KINDS,
    result: 'boolean',
    impl(query: Value, schema: Value) {
      return !isBuiltinFault(verified(this, query, schema));
    },
  }),
  defineBuiltin({
    name: 'graphql.parse_query',
    summary: 'Tree of a query document.',
    args: ['string'],
    result: TREE,
    impl(text: string): BuiltinResult {
      const document = parse(this, text, 'query');
      return isBuiltinFault(document) ? document : queryTree(document);
    },
  }),
  defineBuiltin({
    name: 'graphql.parse_schema',
    summary: 'Tree of a schema document.',
    args: ['string'],
    result: TREE,
    impl(text: string): BuiltinResult {
      const document = parse(this, text, 'schema');
      return isBuiltinFault(document) ? document : schemaTree(document);
    },
  }),
  defineBuiltin({
    name: 'graphql.schema_is_valid',
    summary: 'The document is a valid schema.',
    args: [DOCUMENT],
    kinds: { 1: ['string', 'object'] },
    result: 'boolean',
    impl(schema: Value) {
      const document = parseOperand(this, schema, 'schema');
      return !isBuiltinFault(document) && !isBuiltinFault(buildSchema(document));
    },
  }),
];
