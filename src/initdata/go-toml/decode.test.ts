/** Right values are those of go-toml 2.1.0 itself, decoding into the adaptor's struct. */
import { describe, expect, test } from 'vitest';
import { decodeGoToml } from './decode.ts';

const decode = (text: string | Uint8Array): unknown => {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  try {
    const { algorithm, version, data } = decodeGoToml(bytes);
    return { algorithm, version, data: Object.fromEntries(data) };
  } catch (error) {
    return (error as Error).message;
  }
};
const data = (entries: Record<string, string>): unknown => ({
  algorithm: '',
  version: '',
  data: entries,
});

describe('what is accepted', () => {
  test.each<{ note: string; text: string; result: unknown }>([
    { note: 'nothing at all', text: '', result: data({}) },
    {
      note: 'keys without regard to case',
      text: 'ALGORITHM = "a"\nVersion = "v"\n[DATA]\n"policy.rego" = "x"\n',
      result: { algorithm: 'a', version: 'v', data: { 'policy.rego': 'x' } },
    },
    {
      note: 'two spellings of data',
      text: '[data]\na = "1"\n[Data]\nb = "2"\n',
      result: data({ a: '1', b: '2' }),
    },
    {
      note: 'an inline table',
      text: 'data = { "a.b" = "x", c = \'y\' }',
      result: data({ 'a.b': 'x', c: 'y' }),
    },
    { note: 'a dotted key at the root', text: 'data.x = "1"', result: data({ x: '1' }) },
    { note: 'a table of one entry', text: '[data.x]\n', result: data({ x: '' }) },
    { note: 'unknown keys, unread', text: 'foo = 0x\n[bar]\na = 1__2\na = 3\n', result: data({}) },
    {
      note: 'the escape \\e of TOML 1.1',
      text: '[data]\na = "\\e"\n',
      result: data({ a: '\x1b' }),
    },
    {
      note: 'CR LF inside a string',
      text: '[data]\r\na = """\r\nx\r\n"""\r\n',
      result: data({ a: 'x\r\n' }),
    },
    {
      note: 'a line that goes on',
      text: '[data]\na = """x\\ \n\n  y"""',
      result: data({ a: 'xy' }),
    },
    {
      note: 'quotes before the closing ones',
      text: "[data]\na = '''x'''''",
      result: data({ a: "x''" }),
    },
    {
      note: 'characters by number',
      text: '[data]\na = "\\u00e9\\U0001F600"',
      result: data({ a: 'é😀' }),
    },
  ])('$note', ({ text, result }) => {
    expect(decode(text)).toEqual(result);
  });
});

const FIELD = 'into struct field initdata.InitDataBody';
describe('what is refused, with the text of go-toml', () => {
  test.each<{ text: string; error: string }>([
    { text: '\ufeffalgorithm = "x"', error: 'toml: invalid character at start of key: ï' },
    { text: 'hello world', error: 'toml: expected character =' },
    { text: 'a', error: 'toml: expected = after a key, but the document ends there' },
    { text: 'a = ', error: 'toml: expected value, not eof' },
    { text: 'a = \n', error: 'toml: incomplete number' },
    { text: 'a = "x" b', error: "toml: expected newline but got U+0062 'b'" },
    { text: 'a = 01\n', error: "toml: expected newline but got U+0031 '1'" },
    { text: 'a = tru', error: "toml: expected 'true'" },
    { text: 'a = "x', error: 'toml: basic string not terminated by "' },
    { text: "a = 'x\n'", error: 'toml: literal strings cannot have new lines' },
    { text: "a = '''x", error: "toml: multiline literal string not terminated by '''" },
    { text: 'a = """x""""""', error: 'toml: """ not allowed in multiline basic string' },
    { text: 'a = "\\x41"', error: "toml: invalid escaped character U+0078 'x'" },
    { text: 'a = "\\ud800"', error: 'toml: escape sequence is invalid Unicode code point' },
    { text: 'a = "\\u12"', error: 'toml: unicode point needs 4 character, not 2' },
    { text: 'a = "\u0001"', error: 'toml: invalid UTF-8' },
    { text: '# \u0000', error: 'toml: invalid character in comment' },
    { text: 'a = {b = "x",}', error: 'toml: invalid character at start of key: }' },
    { text: 'a = [,]', error: 'toml: array cannot start with comma' },
    { text: 'a = [1 2]', error: 'toml: array elements must be separated by commas' },
    { text: 'a = [1', error: 'toml: expected character ] but the document ended here' },
    { text: '[a', error: 'toml: expected character ] but the document ended here' },
    { text: 'a = 1\na = 2', error: 'toml: key a is already defined' },
    { text: '[a]\n[a]', error: 'toml: table a already exists' },
    {
      text: '[a]\n[[a]]',
      error: 'toml: key table already exists as a a,  but should be an array table',
    },
    { text: '[[a]]\n[a]', error: 'toml: key a should be a table, not a array table' },
    { text: 'a.b = 1\n[a.b.c]', error: 'toml: expected b to be a table, not a value' },
    {
      text: 'algorithm = 256',
      error: `toml: cannot decode TOML integer ${FIELD}.Algorithm of type string`,
    },
    { text: 'version = 1.5', error: 'toml: float cannot be assigned to string' },
    {
      text: 'version = 1__5',
      error: 'toml: number must have at least one digit between underscores',
    },
    {
      text: 'version = 9223372036854775808',
      error:
        'toml: couldn\'t parse decimal number: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    },
    { text: 'version = true', error: 'toml: cannot assign boolean to a true' },
    { text: 'version = {}', error: 'toml: cannot store inline table in Go type string' },
    {
      text: 'version = []',
      error: `toml: cannot decode TOML array ${FIELD}.Version of type string`,
    },
    { text: 'version.x = "1"', error: 'unhandled kv part: string' },
    { text: '[version]\nx = "1"', error: 'unhandled kv part: string' },
    { text: '[version.x]', error: 'panic: unhandled part: string' },
    {
      text: '[[data]]',
      error: `toml: cannot decode TOML array table ${FIELD}.Data of type map[string]string`,
    },
    {
      text: 'data = "x"',
      error: `toml: cannot decode TOML string ${FIELD}.Data of type map[string]string`,
    },
    {
      text: '[data]\nx = 5',
      error: `toml: cannot decode TOML integer ${FIELD}.Data of type map[string]string`,
    },
    { text: '[data]\npolicy.rego = "x"', error: 'unhandled kv part: string' },
    {
      text: '[data]\nx = 2026-12-01',
      error: 'panic: reflect.Set: value of type toml.LocalDate is not assignable to type string',
    },
    {
      text: '[data]\nx = 2026-12-01T00:00:00Z',
      error: 'panic: reflect.Set: value of type time.Time is not assignable to type string',
    },
    { text: '[data]\nx = 2026-02-30', error: 'toml: impossible date' },
    { text: '[data]\nx = 25:00:00', error: 'toml: hour cannot be greater 23' },
    { text: '[data]\nx = 10:00:00.', error: 'toml: nanoseconds need at least one digit' },
    { text: '[data]\nx = 2026-12-01T00:00:00+24:00', error: 'toml: invalid timezone offset hours' },
  ])('$text: $error', ({ text, error }) => {
    expect(decode(text)).toBe(error);
  });

  test('bytes that are no UTF-8', () => {
    expect(decode(Buffer.from('a = "\xff"', 'latin1'))).toBe('toml: invalid UTF-8');
    expect(decode(Buffer.from("a = '\xff'", 'latin1'))).toBe('toml: invalid character');
    expect(decode(Buffer.from('a = "\\n\xff"', 'latin1'))).toBe(
      "toml: invalid character U+00FF 'ÿ'",
    );
  });

  test('an error comes before those further down, and brackets are bounded', () => {
    expect(decode('version = true\n= broken')).toBe('toml: cannot assign boolean to a true');
    expect(decode(`a = ${'['.repeat(100_000)}`)).toMatch(/^toml: values are nested more than/);
  });
});
