/** Door of `policy fmt`: the canonical form of a policy. */
export { isAtEnd, type OpenBracket, unclosedBracket, unclosedText } from './brackets.ts';
export { formatPolicy, type FormatPolicyOptions, type FormattedPolicy } from './format-policy.ts';
