/**
 * Validates a value against a JSON schema (drafts 4 to 7) and says what is wrong in the words of OPA's
 * library. The schema is walked as the value it is: nothing is compiled from policy text.
 * Source: gojsonschema validation.go and locales.go.
 */
import { compareNumbers, equalValues } from '../../order.ts';
import {
  isNumeric,
  NumberFault,
  opaArithmetic,
  opaNumberText,
  type RegoNumber,
  toDouble,
  toInteger,
} from '../../number.ts';
import { toJson } from '../../json.ts';
import { Regex, regexFor } from '../../regex/regex.ts';
import { RegoObject, type Value } from '../../value.ts';
import { SchemaError } from './json-schema-check.ts';
import { fitsFormat } from './json-schema-formats.ts';
import { codePointCount } from '../../builtins/text-units.ts';

export interface SchemaViolation {
  readonly type: string;
  readonly field: string;
  readonly description: string;
}

class Report {
  readonly violations: SchemaViolation[] = [];
  /** How much of the schema fitted: picks the branch whose complaints are shown. */
  score = 0;

  add(type: string, field: string, description: string): void {
    this.violations.push({ type, field, description });
    this.score -= 2;
  }

  merge(other: Report): void {
    this.violations.push(...other.violations);
    this.score += other.score;
  }

  get valid(): boolean {
    return this.violations.length === 0;
  }
}

const json = (value: Value): string => toJson(value, { order: 'opa', numbers: 'decimal' });
const nameOf = (value: Value): string => (typeof value === 'string' ? value : json(value));
const ROOT = '(Root)';
const below = (field: string, name: string): string => (field === ROOT ? name : `${field}.${name}`);
const MAX_DEPTH = 1_000;

function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (isNumeric(value)) return toInteger(value) === undefined ? 'number' : 'integer';
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value;
  return value instanceof RegoObject ? 'object' : 'array';
}

export class SchemaValidator {
  readonly #root: Value;
  readonly #charge: (units: number) => void;
  #depth = 0;

  constructor(root: Value, charge: (units: number) => void) {
    this.#root = root;
    this.#charge = charge;
  }

  validate(value: Value): readonly SchemaViolation[] {
    return this.#run(this.#root, value, ROOT).violations;
  }

  #run(schema: Value, value: Value, field: string): Report {
    const report = new Report();
    this.#check(schema, value, { field, report });
    return report;
  }

  #check(schema: Value, value: Value, place: Place): void {
    this.#charge(1);
    if (++this.#depth > MAX_DEPTH) throw new SchemaError('schema or document nests too deeply');
    this.#checkHere(schema, value, place);
    this.#depth--;
  }

  #checkHere(schema: Value, value: Value, place: Place): void {
    const { field, report } = place;
    if (schema === false) report.add('false', field, 'False always fails validation');
    if (!(schema instanceof RegoObject)) return;
    const ref = schema.get('$ref');
    if (typeof ref === 'string') {
      this.#check(this.#resolve(ref), value, place);
      return;
    }
    if (!typeFits(schema.get('type'), value, place)) return;
    this.#combine(schema, value, place);
    checkNumber(schema, value, place);
    if (Array.isArray(value)) this.#array(schema, value as readonly Value[], place);
    if (value instanceof RegoObject) this.#object(schema, value, place);
    checkAllowed(schema, value, place);
    if (typeof value === 'string') checkString(schema, value, place);
    if (value instanceof RegoObject) this.#properties(schema, value, place);
    report.score++;
  }

  /** A JSON pointer into the schema. */
  #resolve(ref: string): Value {
    let current: Value | undefined = this.#root;
    for (const raw of ref.replace(/^#\/?/, '').split('/')) {
      if (raw === '') continue;
      const step: string = decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~');
      if (current instanceof RegoObject) current = current.get(step);
      else if (Array.isArray(current)) current = (current as readonly Value[])[Number(step)];
      else current = undefined;
      if (current === undefined) throw new SchemaError(`Object has no key '${step}'`);
    }
    return current;
  }

  #combine(schema: RegoObject, value: Value, { field, report }: Place): void {
    const list = (name: string): readonly Value[] => {
      const found = schema.get(name);
      return Array.isArray(found) ? (found as readonly Value[]) : [];
    };
    const run = (inner: Value): Report => this.#run(inner, value, field);
    const anyOf = list('anyOf').map(run);
    if (anyOf.length > 0 && !anyOf.some(({ valid }) => valid)) {
      report.add('number_any_of', field, 'Must validate at least one schema (anyOf)');
      report.merge(best(anyOf));
    }
    const oneOf = list('oneOf').map(run);
    const fitting = oneOf.filter(({ valid }) => valid).length;
    if (oneOf.length > 0 && fitting !== 1) {
      report.add('number_one_of', field, 'Must validate one and only one schema (oneOf)');
      if (fitting === 0) report.merge(best(oneOf));
    }
    const allOf = list('allOf').map(run);
    for (const result of allOf) report.merge(result);
    if (!allOf.every(({ valid }) => valid)) {
      report.add('number_all_of', field, 'Must validate all the schemas (allOf)');
    }
    const not = schema.get('not');
    if (not !== undefined && run(not).valid) {
      report.add('number_not', field, 'Must not validate the schema (not)');
    }
    if (value instanceof RegoObject) this.#dependencies(schema, value, { field, report });
    this.#condition(schema, run, { field, report });
    report.score++;
  }

  #condition(schema: RegoObject, run: (schema: Value) => Report, { field, report }: Place): void {
    const condition = schema.get('if');
    if (condition === undefined) return;
    const holds = run(condition).valid;
    const branch = schema.get(holds ? 'then' : 'else');
    const result = branch === undefined ? undefined : run(branch);
    if (result === undefined || result.valid) return;
    if (holds) report.add('condition_then', field, 'Must validate "then" as "if" was valid');
    else report.add('condition_else', field, 'Must validate "else" as "if" was not valid');
    report.merge(result);
  }

  #dependencies(schema: RegoObject, value: RegoObject, place: Place): void {
    const dependencies = schema.get('dependencies');
    if (!(dependencies instanceof RegoObject)) return;
    for (const key of value.keys('opa')) {
      const needs = dependencies.get(key);
      if (needs === undefined) continue;
      if (!Array.isArray(needs)) this.#check(needs, value, place);
      else {
        for (const name of needs as readonly Value[]) {
          if (value.has(name)) continue;
          place.report.add(
            'missing_dependency',
            place.field,
            `Has a dependency on ${nameOf(name)}`,
          );
        }
      }
    }
  }

  #array(schema: RegoObject, items: readonly Value[], { field, report }: Place): void {
    const given = schema.get('items');
    const each = Array.isArray(given) ? undefined : given;
    const listed = Array.isArray(given) ? (given as readonly Value[]) : [];
    const rest = Array.isArray(given) ? schema.get('additionalItems') : undefined;
    items.forEach((item, i) => {
      const inner = each ?? listed[i] ?? (rest === false ? undefined : rest);
      if (inner !== undefined) this.#check(inner, item, { field: below(field, String(i)), report });
    });
    if (rest === false && items.length > listed.length) {
      report.add('array_no_additional_items', field, 'No additional items allowed on array');
    }
    limit(schema, 'minItems', (n) => {
      if (items.length < n)
        report.add('array_min_items', field, `Array must have at least ${n} items`);
    });
    limit(schema, 'maxItems', (n) => {
      if (items.length > n)
        report.add('array_max_items', field, `Array must have at most ${n} items`);
    });
    if (schema.get('uniqueItems') === true) this.#unique(items, { field, report });
    const contains = schema.get('contains');
    if (contains !== undefined && !items.some((item) => this.#run(contains, item, field).valid)) {
      report.add('contains', field, 'At least one of the items must match');
    }
    report.score++;
  }

  #unique(items: readonly Value[], { field, report }: Place): void {
    this.#charge((items.length * items.length) >> 1);
    for (let j = 1; j < items.length; j++) {
      const i = items.findIndex((item, at) => at < j && equalValues(item, items[j] ?? null));
      if (i < 0) continue;
      report.add('unique', field, `array items[${i},${j}] must be unique`);
      return;
    }
  }

  #object(schema: RegoObject, value: RegoObject, { field, report }: Place): void {
    limit(schema, 'minProperties', (n) => {
      if (value.size < n)
        report.add('array_min_properties', field, `Must have at least ${n} properties`);
    });
    limit(schema, 'maxProperties', (n) => {
      if (value.size > n)
        report.add('array_max_properties', field, `Must have at most ${n} properties`);
    });
    const required = schema.get('required');
    if (Array.isArray(required)) {
      for (const name of required as readonly Value[]) {
        if (!value.has(name)) report.add('required', field, `${nameOf(name)} is required`);
      }
    }
    this.#otherProperties(schema, value, { field, report });
    const names = schema.get('propertyNames');
    for (const key of names === undefined ? [] : value.keys('opa')) {
      const result = names === undefined ? undefined : this.#run(names, key, field);
      if (result === undefined || result.valid) continue;
      report.add(
        'invalid_property_name',
        field,
        `Property name of "${nameOf(key)}" does not match`,
      );
      report.merge(result);
    }
    report.score++;
  }

  /** patternProperties and additionalProperties. */
  #otherProperties(schema: RegoObject, value: RegoObject, { field, report }: Place): void {
    const properties = schema.get('properties');
    const patterns = schema.get('patternProperties');
    const additional = schema.get('additionalProperties');
    for (const key of value.keys('opa')) {
      const item = value.get(key) ?? null;
      const name = typeof key === 'string' ? key : json(key);
      let matched = false;
      for (const [pattern, inner] of patterns instanceof RegoObject ? patterns.entries() : []) {
        const regex = regexFor(nameOf(pattern), 'go');
        if (!(regex instanceof Regex) || !regex.test(name)) continue;
        matched = true;
        this.#check(inner, item, { field: below(field, name), report });
      }
      const known = properties instanceof RegoObject && properties.has(key);
      if (matched || known || additional === undefined) continue;
      if (additional === false) {
        const text = `Additional property ${name} is not allowed`;
        report.add('additional_property_not_allowed', field, text);
      } else this.#check(additional, item, { field: below(field, name), report });
    }
  }

  #properties(schema: RegoObject, value: RegoObject, { field, report }: Place): void {
    const properties = schema.get('properties');
    if (!(properties instanceof RegoObject)) return;
    for (const key of properties.keys('opa')) {
      const item = value.get(key);
      const inner = properties.get(key);
      if (item === undefined || inner === undefined) continue;
      this.#check(inner, item, { field: below(field, nameOf(key)), report });
    }
  }
}

interface Place {
  readonly field: string;
  readonly report: Report;
}

const best = (reports: readonly Report[]): Report =>
  reports.reduce((most, report) => (report.score > most.score ? report : most));

function typeFits(type: Value | undefined, value: Value, { field, report }: Place): boolean {
  if (type === undefined) return true;
  const types = Array.isArray(type) ? (type as readonly Value[]) : [type];
  const kind = kindOf(value);
  if (types.includes(kind) || (kind === 'integer' && types.includes('number'))) return true;
  const expected =
    types.length === 1 ? nameOf(types[0] ?? null) : `[${types.map(nameOf).join(',')}]`;
  report.add('invalid_type', field, `Invalid type. Expected: ${expected}, given: ${kind}`);
  return false;
}

function limit(schema: RegoObject, name: string, check: (n: number) => void): void {
  const value = schema.get(name);
  if (value !== undefined && isNumeric(value)) check(toDouble(value));
}

function checkAllowed(schema: RegoObject, value: Value, { field, report }: Place): void {
  const only = schema.get('const');
  if (only !== undefined && !equalValues(only, value)) {
    report.add('const', field, `${field} does not match: ${json(only)}`);
  }
  const allowed = schema.get('enum');
  if (Array.isArray(allowed)) {
    const list = allowed as readonly Value[];
    if (!list.some((item) => equalValues(item, value))) {
      const text = list.map(json).join(', ');
      report.add('enum', field, `${field} must be one of the following: ${text}`);
    }
  }
  const format = schema.get('format');
  if (typeof format === 'string' && typeof value === 'string' && !fitsFormat(format, value)) {
    report.add('format', field, `Does not match format '${format}'`);
  }
  report.score++;
}

function checkString(schema: RegoObject, text: string, { field, report }: Place): void {
  limit(schema, 'minLength', (n) => {
    if (codePointCount(text) >= n) return;
    report.add('string_gte', field, `String length must be greater than or equal to ${n}`);
  });
  limit(schema, 'maxLength', (n) => {
    if (codePointCount(text) <= n) return;
    report.add('string_lte', field, `String length must be less than or equal to ${n}`);
  });
  const pattern = schema.get('pattern');
  if (typeof pattern === 'string') {
    const regex = regexFor(pattern, 'go');
    if (regex instanceof Regex && !regex.test(text)) {
      report.add('pattern', field, `Does not match pattern '${pattern}'`);
    }
  }
  report.score++;
}

/** Draft 4 spells exclusive bounds as booleans beside the bound, draft 6 as bounds of their own. */
function checkNumber(schema: RegoObject, value: Value, { field, report }: Place): void {
  if (!isNumeric(value)) return;
  const bound = (name: string): RegoNumber | undefined => {
    const found = schema.get(name);
    return found !== undefined && isNumeric(found) ? found : undefined;
  };
  const step = bound('multipleOf');
  if (step !== undefined && !isMultiple(value, step)) {
    report.add('multiple_of', field, `Must be a multiple of ${opaNumberText(step)}`);
  }
  const [maximum, minimum] = [bound('maximum'), bound('minimum')];
  const [maxIsOpen, minIsOpen] = [
    schema.get('exclusiveMaximum') === true,
    schema.get('exclusiveMinimum') === true,
  ];
  const above = maxIsOpen ? maximum : bound('exclusiveMaximum');
  const under = minIsOpen ? minimum : bound('exclusiveMinimum');
  if (maximum !== undefined && !maxIsOpen && compareNumbers(value, maximum) > 0) {
    report.add('number_lte', field, `Must be less than or equal to ${opaNumberText(maximum)}`);
  }
  if (above !== undefined && compareNumbers(value, above) >= 0) {
    report.add('number_lt', field, `Must be less than ${opaNumberText(above)}`);
  }
  if (minimum !== undefined && !minIsOpen && compareNumbers(value, minimum) < 0) {
    report.add('number_gte', field, `Must be greater than or equal to ${opaNumberText(minimum)}`);
  }
  if (under !== undefined && compareNumbers(value, under) <= 0) {
    report.add('number_gt', field, `Must be greater than ${opaNumberText(under)}`);
  }
  report.score++;
}

function isMultiple(value: RegoNumber, step: RegoNumber): boolean {
  const quotient = opaArithmetic.div(value, step);
  return !(quotient instanceof NumberFault) && toInteger(quotient) !== undefined;
}
