/**
 * Shell arithmetic: signed 64-bit integers, C operators, variables by name.
 * Source: POSIX.1-2017, Arithmetic Expansion.
 */
/** `token` is where the expression went wrong: bash shows the rest from there. */
export class ArithmeticError extends Error {
  readonly token: string | undefined;

  constructor(message: string, token?: string) {
    super(message);
    this.token = token;
  }
}

export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

/** Binary operators by binding strength, weakest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const TOKEN =
  /\s*(<<=|>>=|\*\*|\+\+|--|&&|\|\||==|!=|<=|>=|<<|>>|[-+*/%&|^]=|[-+*/%&|^~!<>=?:(),]|0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*)/y;
const MAX_DEPTH = 50;

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

const BINARY: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '==': (a, b) => BigInt(a === b),
  '!=': (a, b) => BigInt(a !== b),
  '<=': (a, b) => BigInt(a <= b),
  '>=': (a, b) => BigInt(a >= b),
  '<': (a, b) => BigInt(a < b),
  '>': (a, b) => BigInt(a > b),
  '<<': (a, b) => a << BigInt.asUintN(6, b),
  '>>': (a, b) => a >> BigInt.asUintN(6, b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/** The value; an error's message names the expression as bash does. */
export function evaluate(text: string, variables: Variables): bigint {
  try {
    return compute(text, variables, 0);
  } catch (error) {
    if (!(error instanceof ArithmeticError) || error.token === undefined) throw error;
    const where = `(error token is "${error.token}")`;
    throw new ArithmeticError(`${text.trimStart()}: ${error.message} ${where}`);
  }
}

function compute(text: string, variables: Variables, depth: number): bigint {
  if (depth > MAX_DEPTH) throw new ArithmeticError('expression recursion level exceeded');
  const { tokens, starts } = tokenize(text);
  if (tokens.length === 0) return 0n;
  const rest = (index: number): string => text.slice(starts[Math.min(index, starts.length - 1)]);
  let at = 0;
  let nesting = 0;
  // Operands of a decided `&&`, `||` or `?:` are parsed but change nothing.
  let inert = 0;
  const fail = (): never => {
    throw new ArithmeticError('syntax error: operand expected', rest(at));
  };
  const number = (value: string): bigint => {
    if (/^0[0-7]+$/.test(value)) return wrap(BigInt(`0o${value.slice(1)}`));
    if (/^0\d/.test(value)) throw new ArithmeticError(`${value}: value too great for base`);
    return wrap(BigInt(value));
  };
  const read = (name: string): bigint => {
    const value = variables.get(name)?.trim() ?? '';
    if (value === '') return 0n;
    if (/^-?(\d+|0[xX][0-9a-fA-F]+)$/.test(value)) {
      return value.startsWith('-') ? -number(value.slice(1)) : number(value);
    }
    return compute(value, variables, depth + 1);
  };
  const write = (name: string, value: bigint): bigint => {
    if (inert === 0) variables.set(name, value.toString());
    return value;
  };
  // The tokens move on between calls, which the compiler cannot see.
  const accept = (...texts: string[]): string | undefined => {
    const token = tokens[at];
    if (token === undefined || !texts.includes(token)) return undefined;
    at++;
    return token;
  };
  const isName = (token: string | undefined): token is string =>
    token !== undefined && /^[A-Za-z_]/.test(token);

  const primary = (): bigint => {
    if (++nesting > 500) fail();
    const token = tokens[at++];
    let value: bigint;
    if (token === '(') {
      value = comma();
      if (accept(')') === undefined) fail();
    } else if (token === '-') value = wrap(-primary());
    else if (token === '+') value = primary();
    else if (token === '!') value = BigInt(primary() === 0n);
    else if (token === '~') value = ~primary();
    else if (token === '++' || token === '--') {
      const name = tokens[at++];
      if (!isName(name)) return fail();
      value = write(name, wrap(read(name) + (token === '++' ? 1n : -1n)));
    } else if (token !== undefined && /^\d/.test(token)) value = number(token);
    else if (isName(token)) {
      value = read(token);
      const post = accept('++', '--');
      if (post !== undefined) write(token, wrap(value + (post === '++' ? 1n : -1n)));
    } else return fail();
    nesting--;
    return value;
  };
  const power = (): bigint => {
    const base = primary();
    if (accept('**') === undefined) return base;
    const exponent = power();
    if (exponent < 0n || exponent > 64n) throw new ArithmeticError('exponent out of range');
    return wrap(base ** exponent);
  };
  const binary = (level: number): bigint => {
    const operators = LEVELS[level];
    if (operators === undefined) return power();
    let left = binary(level + 1);
    for (let op = accept(...operators); op !== undefined; op = accept(...operators)) {
      if (op === '&&' || op === '||') {
        const decided = op === '&&' ? left === 0n : left !== 0n;
        if (decided) inert++;
        const right = binary(level + 1);
        if (decided) inert--;
        left = BigInt(op === '&&' ? left !== 0n && right !== 0n : left !== 0n || right !== 0n);
      } else {
        const operand = at;
        const right = binary(level + 1);
        // A skipped division by zero is none.
        if (inert === 0 && right === 0n && (op === '/' || op === '%'))
          throw new ArithmeticError('division by 0', rest(operand));
        left = inert > 0 ? 0n : wrap(BINARY[op]?.(left, right) ?? fail());
      }
    }
    return left;
  };
  const ternary = (): bigint => {
    const test = binary(0);
    if (accept('?') === undefined) return test;
    if (test === 0n) inert++;
    const yes = assignment();
    if (test === 0n) inert--;
    if (accept(':') === undefined) fail();
    if (test !== 0n) inert++;
    const no = assignment();
    if (test !== 0n) inert--;
    return test === 0n ? no : yes;
  };
  const assignment = (): bigint => {
    const name = tokens[at];
    const operator = tokens[at + 1] ?? '';
    if (!isName(name) || !/^(=|<<=|>>=|[-+*/%&|^]=)$/.test(operator)) return ternary();
    at += 2;
    const operand = at;
    const right = assignment();
    if (right === 0n && (operator === '/=' || operator === '%='))
      throw new ArithmeticError('division by 0', rest(operand));
    if (operator === '=') return write(name, right);
    return write(name, wrap(BINARY[operator.slice(0, -1)]?.(read(name), right) ?? fail()));
  };
  const comma = (): bigint => {
    let value = assignment();
    while (accept(',') !== undefined) value = assignment();
    return value;
  };
  const value = comma();
  if (at < tokens.length) fail();
  return value;
}

function tokenize(text: string): { tokens: string[]; starts: number[] } {
  const tokens: string[] = [];
  const starts: number[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match?.[1] === undefined)
      throw new ArithmeticError('syntax error: operand expected', text.slice(at).trimStart());
    tokens.push(match[1]);
    starts.push(at + match[0].length - match[1].length);
  }
  return { tokens, starts };
}
