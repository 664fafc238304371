/** Trees of graphql-tree.ts back into GraphQL text. Anything odd in them fails when that is parsed. */
import { RegoObject, type Value } from '../../value.ts';

const field = (tree: Value, name: string): Value | undefined =>
  tree instanceof RegoObject ? tree.get(name) : undefined;
const text = (tree: Value, name: string): string => {
  const value = field(tree, name);
  return typeof value === 'string' ? value : '';
};
const items = (tree: Value, name: string): readonly Value[] => {
  const value = field(tree, name);
  return Array.isArray(value) ? (value as readonly Value[]) : [];
};
const wrap = (parts: readonly string[], [open, close]: readonly [string, string]): string =>
  parts.length === 0 ? '' : `${open}${parts.join(' ')}${close}`;

function valueText(tree: Value): string {
  const raw = text(tree, 'Raw');
  const children = items(tree, 'Children');
  const childValue = (child: Value): string => valueText(field(child, 'Value') ?? null);
  switch (field(tree, 'Kind')) {
    case 0:
      return `$${raw}`;
    case 3:
    case 4:
      return JSON.stringify(raw);
    case 8:
      return `[${children.map(childValue).join(' ')}]`;
    case 9:
      return `{${children.map((child) => `${text(child, 'Name')}: ${childValue(child)}`).join(' ')}}`;
    default:
      return raw;
  }
}

function typeText(tree: Value): string {
  const elem = field(tree, 'Elem');
  const name = elem === undefined ? text(tree, 'NamedType') : `[${typeText(elem)}]`;
  return name + (field(tree, 'NonNull') === true ? '!' : '');
}

const argumentsText = (tree: Value): string =>
  wrap(
    items(tree, 'Arguments').map(
      (argument) => `${text(argument, 'Name')}: ${valueText(field(argument, 'Value') ?? null)}`,
    ),
    ['(', ')'],
  );

const directivesText = (tree: Value): string =>
  items(tree, 'Directives')
    .map((directive) => ` @${text(directive, 'Name')}${argumentsText(directive)}`)
    .join('');

const defaultText = (tree: Value): string => {
  const value = field(tree, 'DefaultValue');
  return value === undefined ? '' : ` = ${valueText(value)}`;
};

const selectionsText = (tree: Value): string =>
  wrap(items(tree, 'SelectionSet').map(selectionText), [' { ', ' }']);

function selectionText(tree: Value): string {
  if (field(tree, 'Alias') !== undefined) {
    const [alias, name] = [text(tree, 'Alias'), text(tree, 'Name')];
    const label = alias === name || alias === '' ? name : `${alias}: ${name}`;
    return label + argumentsText(tree) + directivesText(tree) + selectionsText(tree);
  }
  if (items(tree, 'SelectionSet').length === 0)
    return `...${text(tree, 'Name')}${directivesText(tree)}`;
  const type = text(tree, 'TypeCondition');
  return `...${type === '' ? '' : ` on ${type}`}${directivesText(tree)}${selectionsText(tree)}`;
}

export function queryText(tree: Value): string {
  const operations = items(tree, 'Operations').map((operation) => {
    const variables = items(operation, 'VariableDefinitions').map(
      (variable) =>
        `$${text(variable, 'Variable')}: ${typeText(field(variable, 'Type') ?? null)}` +
        defaultText(variable) +
        directivesText(variable),
    );
    const head = `${text(operation, 'Operation')} ${text(operation, 'Name')}`;
    return (
      head + wrap(variables, ['(', ')']) + directivesText(operation) + selectionsText(operation)
    );
  });
  const fragments = items(tree, 'Fragments').map(
    (fragment) =>
      `fragment ${text(fragment, 'Name')} on ${text(fragment, 'TypeCondition')}` +
      directivesText(fragment) +
      selectionsText(fragment),
  );
  return [...operations, ...fragments].join('\n');
}

const describe = (tree: Value): string => {
  const description = text(tree, 'Description');
  return description === '' ? '' : `${JSON.stringify(description)} `;
};

const inputText = (tree: Value): string =>
  `${describe(tree)}${text(tree, 'Name')}: ${typeText(field(tree, 'Type') ?? null)}` +
  defaultText(tree) +
  directivesText(tree);

const fieldText = (tree: Value): string =>
  `${describe(tree)}${text(tree, 'Name')}` +
  wrap(items(tree, 'Arguments').map(inputText), ['(', ')']) +
  `: ${typeText(field(tree, 'Type') ?? null)}${defaultText(tree)}${directivesText(tree)}`;

const KEYWORDS: Readonly<Record<string, string>> = {
  SCALAR: 'scalar',
  OBJECT: 'type',
  INTERFACE: 'interface',
  UNION: 'union',
  ENUM: 'enum',
  INPUT_OBJECT: 'input',
};

function definitionText(tree: Value, extend: boolean): string {
  const names = (name: string, [prefix, separator]: readonly [string, string]): string => {
    const list = items(tree, name).filter((item) => typeof item === 'string');
    return list.length === 0 ? '' : prefix + list.join(separator);
  };
  const values = items(tree, 'EnumValues').map(
    (value) => describe(value) + text(value, 'Name') + directivesText(value),
  );
  return (
    (extend ? 'extend ' : describe(tree)) +
    `${KEYWORDS[text(tree, 'Kind')] ?? '?'} ${text(tree, 'Name')}` +
    names('Interfaces', [' implements ', ' & ']) +
    directivesText(tree) +
    names('Types', [' = ', ' | ']) +
    wrap(items(tree, 'Fields').map(fieldText), [' { ', ' }']) +
    wrap(values, [' { ', ' }'])
  );
}

const rootsText = (tree: Value, keyword: string): string =>
  keyword +
  directivesText(tree) +
  wrap(
    items(tree, 'OperationTypes').map(
      (type) => `${text(type, 'Operation')}: ${text(type, 'Type')}`,
    ),
    [' { ', ' }'],
  );

export function schemaText(tree: Value): string {
  const directives = items(tree, 'Directives').map(
    (directive) =>
      `${describe(directive)}directive @${text(directive, 'Name')}` +
      wrap(items(directive, 'Arguments').map(inputText), ['(', ')']) +
      (field(directive, 'IsRepeatable') === true ? ' repeatable' : '') +
      ` on ${items(directive, 'Locations')
        .filter((location) => typeof location === 'string')
        .join(' | ')}`,
  );
  return [
    ...items(tree, 'Schema').map((schema) => rootsText(schema, `${describe(schema)}schema`)),
    ...items(tree, 'SchemaExtension').map((schema) => rootsText(schema, 'extend schema')),
    ...directives,
    ...items(tree, 'Definitions').map((definition) => definitionText(definition, false)),
    ...items(tree, 'Extensions').map((definition) => definitionText(definition, true)),
  ].join('\n');
}
