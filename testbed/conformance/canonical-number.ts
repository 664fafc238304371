/** One text per number, however it is spelled: 1, 1.0 and 1e0 are `1e0`. */
const JSON_NUMBER = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

export function canonicalNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] = JSON_NUMBER.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  const exponent = Number(power) - fraction.length + (digits.length - kept.length);
  return `${sign}${kept}e${exponent}`;
}
