/* eslint-disable @typescript-eslint/no-unsafe-enum-comparison -- the library's enum of kinds loads late; its values are these texts */
/**
 * GraphQL documents as OPA shows them (the syntax tree of gqlparser, empty parts and positions left
 * out) and back into text, for policies that hand such a tree in.
 */
import type {
  ArgumentNode,
  ConstDirectiveNode,
  DefinitionNode,
  DirectiveNode,
  DocumentNode,
  FieldDefinitionNode,
  InputValueDefinitionNode,
  SelectionNode,
  TypeNode,
  ValueNode,
  VariableDefinitionNode,
} from 'graphql';
import { RegoObject, type Value } from '../../value.ts';

type Fields = Readonly<Record<string, Value | undefined>>;

/** Without what is absent or empty. */
function node(fields: Fields): Value {
  const entries: [string, Value][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    entries.push([name, value]);
  }
  return RegoObject.of(entries);
}

const list = <T>(items: readonly T[] | undefined, toValue: (item: T) => Value): Value =>
  (items ?? []).map(toValue);

const textOf = (description: { readonly value: string } | undefined): string =>
  description?.value ?? '';

/** Source: gqlparser ast/value.go. */
const VALUE_KINDS = {
  Variable: 0,
  IntValue: 1,
  FloatValue: 2,
  StringValue: 3,
  BlockValue: 4,
  BooleanValue: 5,
  NullValue: 6,
  EnumValue: 7,
  ListValue: 8,
  ObjectValue: 9,
} as const;

function valueTree(value: ValueNode): Value {
  const tree = (kind: keyof typeof VALUE_KINDS, Raw: string, Children?: Value): Value =>
    node({ Raw, Kind: VALUE_KINDS[kind], Children, ExpectedTypeHasDefault: false });
  switch (value.kind) {
    case 'Variable':
      return tree('Variable', value.name.value);
    case 'StringValue':
      return tree(value.block === true ? 'BlockValue' : 'StringValue', value.value);
    case 'BooleanValue':
      return tree('BooleanValue', String(value.value));
    case 'ListValue':
      return tree(
        'ListValue',
        '',
        value.values.map((item) => node({ Name: '', Value: valueTree(item) })),
      );
    case 'ObjectValue':
      return tree(
        'ObjectValue',
        '',
        value.fields.map((field) =>
          node({ Name: field.name.value, Value: valueTree(field.value) }),
        ),
      );
    case 'IntValue':
    case 'FloatValue':
    case 'EnumValue':
      return tree(value.kind, value.value);
    default:
      return tree('NullValue', 'null');
  }
}

function typeTree(type: TypeNode): Value {
  const NonNull = type.kind === 'NonNullType';
  const inner = type.kind === 'NonNullType' ? type.type : type;
  return inner.kind === 'ListType'
    ? node({ NamedType: '', Elem: typeTree(inner.type), NonNull })
    : node({ NamedType: inner.name.value, NonNull });
}

const argumentTree = ({ name, value }: ArgumentNode): Value =>
  node({ Name: name.value, Value: valueTree(value) });

const directiveTree = (directive: DirectiveNode | ConstDirectiveNode): Value =>
  node({
    Name: directive.name.value,
    Arguments: list<ArgumentNode>(directive.arguments, argumentTree),
    Location: '',
  });

function selectionTree(selection: SelectionNode): Value {
  const Directives = list(selection.directives, directiveTree);
  switch (selection.kind) {
    case 'Field':
      return node({
        Alias: (selection.alias ?? selection.name).value,
        Name: selection.name.value,
        Arguments: list(selection.arguments, argumentTree),
        Directives,
        SelectionSet: list(selection.selectionSet?.selections, selectionTree),
      });
    case 'FragmentSpread':
      return node({ Name: selection.name.value, Directives });
    case 'InlineFragment':
      return node({
        TypeCondition: selection.typeCondition?.name.value ?? '',
        Directives,
        SelectionSet: list(selection.selectionSet.selections, selectionTree),
      });
    default:
      return RegoObject.empty;
  }
}

const variableTree = (variable: VariableDefinitionNode): Value =>
  node({
    Variable: variable.variable.name.value,
    Type: typeTree(variable.type),
    DefaultValue: variable.defaultValue && valueTree(variable.defaultValue),
    Directives: list(variable.directives, directiveTree),
    Used: false,
  });

export function queryTree(document: DocumentNode): Value {
  const operations: Value[] = [];
  const fragments: Value[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === 'OperationDefinition') {
      operations.push(
        node({
          Operation: definition.operation,
          Name: definition.name?.value ?? '',
          VariableDefinitions: list(definition.variableDefinitions, variableTree),
          Directives: list(definition.directives, directiveTree),
          SelectionSet: list(definition.selectionSet.selections, selectionTree),
        }),
      );
    } else if (definition.kind === 'FragmentDefinition') {
      fragments.push(
        node({
          Name: definition.name.value,
          // eslint-disable-next-line @typescript-eslint/no-deprecated -- gqlparser still reads them
          VariableDefinition: list(definition.variableDefinitions, variableTree),
          TypeCondition: definition.typeCondition.name.value,
          Directives: list(definition.directives, directiveTree),
          SelectionSet: list(definition.selectionSet.selections, selectionTree),
        }),
      );
    }
  }
  return node({ Operations: operations, Fragments: fragments });
}

const inputTree = (input: InputValueDefinitionNode): Value =>
  node({
    Description: textOf(input.description),
    Name: input.name.value,
    DefaultValue: input.defaultValue && valueTree(input.defaultValue),
    Type: typeTree(input.type),
    Directives: list(input.directives, directiveTree),
  });

const fieldTree = (field: FieldDefinitionNode): Value =>
  node({
    Description: textOf(field.description),
    Name: field.name.value,
    Arguments: list(field.arguments, inputTree),
    Type: typeTree(field.type),
    Directives: list(field.directives, directiveTree),
  });

const DEFINITION_KINDS: Readonly<Record<string, string>> = {
  Scalar: 'SCALAR',
  Object: 'OBJECT',
  Interface: 'INTERFACE',
  Union: 'UNION',
  Enum: 'ENUM',
  InputObject: 'INPUT_OBJECT',
};

function typeDefinitionTree(definition: DefinitionNode): Value | undefined {
  const kind = /^(.+)Type(?:Definition|Extension)$/.exec(definition.kind)?.[1] ?? '';
  const Kind = DEFINITION_KINDS[kind];
  if (Kind === undefined || !('name' in definition)) return undefined;
  const names = (key: 'interfaces' | 'types') =>
    key in definition
      ? list(
          (definition as unknown as Record<string, readonly { name: { value: string } }[]>)[key],
          ({ name }) => name.value,
        )
      : undefined;
  return node({
    Kind,
    Description: 'description' in definition ? textOf(definition.description) : '',
    Name: definition.name.value,
    Directives:
      'directives' in definition
        ? list<DirectiveNode>(definition.directives, directiveTree)
        : undefined,
    Interfaces: names('interfaces'),
    Types: names('types'),
    Fields:
      'fields' in definition
        ? list<FieldDefinitionNode | InputValueDefinitionNode>(definition.fields, (field) =>
            field.kind === 'FieldDefinition' ? fieldTree(field) : inputTree(field),
          )
        : undefined,
    EnumValues:
      'values' in definition
        ? list(definition.values, (value) =>
            node({
              Description: textOf(value.description),
              Name: value.name.value,
              Directives: list(value.directives, directiveTree),
            }),
          )
        : undefined,
    BuiltIn: false,
  });
}

export function schemaTree(document: DocumentNode): Value {
  const parts: Record<string, Value[]> = {
    Schema: [],
    SchemaExtension: [],
    Directives: [],
    Definitions: [],
    Extensions: [],
  };
  for (const definition of document.definitions) {
    switch (definition.kind) {
      case 'SchemaDefinition':
      case 'SchemaExtension':
        parts[definition.kind === 'SchemaDefinition' ? 'Schema' : 'SchemaExtension']?.push(
          node({
            Description: 'description' in definition ? textOf(definition.description) : '',
            Directives: list(definition.directives, directiveTree),
            OperationTypes: list(definition.operationTypes, ({ operation, type }) =>
              node({ Operation: operation, Type: type.name.value }),
            ),
          }),
        );
        break;
      case 'DirectiveDefinition':
        parts['Directives']?.push(
          node({
            Description: textOf(definition.description),
            Name: definition.name.value,
            Arguments: list(definition.arguments, inputTree),
            Locations: definition.locations.map(({ value }) => value),
            IsRepeatable: definition.repeatable,
          }),
        );
        break;
      default: {
        const tree = typeDefinitionTree(definition);
        const place = definition.kind.endsWith('Extension') ? 'Extensions' : 'Definitions';
        if (tree !== undefined) parts[place]?.push(tree);
      }
    }
  }
  return node(parts);
}
