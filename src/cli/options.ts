/** Options that several commands share, each described once. */
import type { OptionSpec } from './command.ts';

/** `-o`; the first form is the default. */
export const outputOption = (...forms: readonly [string, ...string[]]): OptionSpec => ({
  type: 'string',
  short: 'o',
  value: 'FORM',
  choices: forms,
  default: forms[0],
  summary: 'output format',
});

export const kataVersionOption = (summary = 'decide as this Kata release'): OptionSpec => ({
  type: 'string',
  value: 'VERSION',
  summary,
});

export const adaptorVersionOption = (summary: string): OptionSpec => ({
  type: 'string',
  value: 'VERSION',
  summary,
});

export const imagePolicyOption: OptionSpec = {
  type: 'string',
  value: 'FILE',
  summary: 'default policy of the pod VM image (default: allow all)',
};

export const observeOption = (summary: string): OptionSpec => ({
  type: 'string',
  value: 'ADDRESS',
  summary,
});

export const containerOption: OptionSpec = {
  type: 'string',
  short: 'c',
  value: 'NAME',
  summary: 'container (default: the first)',
};

export const printEndpointsOption: OptionSpec = {
  type: 'boolean',
  summary: 'print the endpoints as one JSON line on stdout',
};

export const followOption: OptionSpec = {
  type: 'boolean',
  short: 'f',
  summary: 'wait for more',
};
