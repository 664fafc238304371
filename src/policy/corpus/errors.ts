/** How a corpus can be something else than it claims: each is one sentence with its place. */
import { KatasimError, type ErrorLocation } from '#base';

const error = (
  code: string,
  message: string,
  location: ErrorLocation,
  hint: string,
  excerpt: readonly string[] = [],
): KatasimError => new KatasimError(code, message, { location, hint, excerpt });

const KEEP_GOING = '--keep-going leaves such lines out and goes on.';

export const corpusErrors = {
  notText: (what: string, hint: string, location: ErrorLocation) =>
    error('CORPUS_NOT_TEXT', what, location, hint),
  tooLarge: (max: number, location: ErrorLocation) =>
    error(
      'CORPUS_TOO_LARGE',
      `the limit of ${max} bytes is reached here`,
      location,
      'Split the file, or raise the limit with --max-bytes.',
    ),
  badJson: (reason: string, location: ErrorLocation, excerpt: readonly string[]) =>
    error('CORPUS_JSON', reason, location, 'Correct the JSON at the place shown.', excerpt),
  badLine: (reason: string, location: ErrorLocation, excerpt: readonly string[]) =>
    error('CORPUS_LINE', reason, location, KEEP_GOING, excerpt),
  badYaml: (reason: string, location: ErrorLocation) =>
    error('CORPUS_YAML', reason, location, 'Correct the YAML at the place shown.'),
  badCase: (reason: string, location: ErrorLocation, hint: string) =>
    error('CORPUS_CASE', reason, location, hint),
  empty: (file: string) =>
    error('CORPUS_EMPTY', 'there is no request in it', { file, line: 1 }, FORMS),
  unknownForm: (location: ErrorLocation) =>
    error('CORPUS_FORM', 'this is no corpus of requests that katasim knows', location, FORMS),
} as const;

const FORMS =
  'Give testcases.json of genpolicy, cases in YAML, policy.jsonl of an agent, or a decision log.';
