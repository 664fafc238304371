/** Number literals of OPA's grammar. */
import { Tok } from '../../lexer.ts';
import type { OpaParser } from './parser.ts';

/** OPA bounds the binary exponent so that its printing stays linear. */
const MAX_BINARY_EXPONENT = 100_000;
/** Beyond this Go's big.Float does not read the literal at all. */
const MAX_FLOAT_EXPONENT = 2 ** 31;

/** number = "-"? "."? digits , stopping on the last token. The text is kept as written. */
export function parseNumber(p: OpaParser): string | undefined {
  let prefix = '';
  if (p.tok === Tok.Sub) {
    prefix = '-';
    p.next();
    if (p.tok !== Tok.Number && p.tok !== Tok.Dot) {
      p.illegal('expected number');
      return undefined;
    }
  }
  const dotted = p.tok === Tok.Dot;
  if (dotted) {
    prefix += '.';
    p.next();
    if (p.tok !== Tok.Number) {
      p.illegal('expected number');
      return undefined;
    }
  }
  const literal = p.lex.lit();
  if (!dotted && /^0[^.eE]/.test(literal)) {
    p.illegal('expected number without leading zero');
    return undefined;
  }
  const text = prefix + literal;
  if (!/^-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    p.illegal('invalid float');
    return undefined;
  }
  const exponent = binaryExponent(text);
  if (Math.abs(exponent) > MAX_FLOAT_EXPONENT) {
    p.illegal('invalid float');
    return undefined;
  }
  if (Math.abs(exponent) > MAX_BINARY_EXPONENT) {
    p.error(p.lex.start, 'number too big');
    return undefined;
  }
  return text;
}

/** The `e` of `m * 2^e` with `0.5 <= m < 1`, near enough to compare with the bound. */
function binaryExponent(text: string): number {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().replace('-', '').split('e');
  const signed = text.toLowerCase().includes('e-') ? -Number(exponent) : Number(exponent);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0;
  const leadingZeros = whole.length + fraction.length - digits.length;
  const scale = whole.length - leadingZeros + signed;
  const lead = Number(`0.${digits.slice(0, 17)}`);
  return Math.floor(Math.log2(lead) + scale * Math.log2(10)) + 1;
}
