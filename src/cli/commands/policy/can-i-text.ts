/** Answers of `policy can-i` for people: a line per call, then what the user gets to see. */
import type { CallAnswer, CallVerdict, Verb, VerbAnswer } from '#policy/can-i';
import type { KataProfile } from '#gate';
import { formatTable, wrap, type Output, type Style } from '../../output.ts';

/** Whose requests were asked with, in words. */
export interface Asked {
  readonly source: string;
  /** Of a refused start: which pods do not. */
  readonly noPod: string;
  /** The file of recorded requests; undefined for those of a pod or a sample. */
  readonly corpus?: string;
}

export interface AskedVerb {
  readonly verb: Verb;
  readonly answer: VerbAnswer;
  readonly asked: Asked;
}

const STYLES: Readonly<Record<CallVerdict | VerbAnswer['works'], Style>> = {
  allow: 'green',
  yes: 'green',
  deny: 'red',
  fault: 'red',
  no: 'red',
  depends: 'yellow',
};

const WIDTH = 100;

export function printVerb({ answer, asked }: AskedVerb, kata: KataProfile, output: Output): void {
  const { running, calls, ungated } = answer;
  const title = `${nameOf(answer)}: ${output.style(STYLES[running], running)}`;
  const noStart = noStartText(answer, asked);
  if (noStart !== undefined) {
    const joint = running === 'no' ? 'and' : 'but';
    output.line(`${title}, ${joint} ${output.style('red', noStart)}`);
  }
  if (ungated !== undefined) {
    if (noStart === undefined) output.line(title);
    for (const line of wrap(ungated, WIDTH - 2)) output.line(`  ${line}`);
    return;
  }
  const context = `(Kata ${kata.version}, ${asked.source})`;
  output.line(noStart === undefined ? `${title}   ${context}` : `  ${context}`);
  const rows = calls.map((call) => [
    call.endpoint,
    call.verdict + (call.seen.requests > 0 ? ` ${call.seen.allowed}/${call.seen.requests}` : ''),
    isUnseen(call, asked) ? `not in ${asked.corpus ?? ''}; ${lineText(call)}` : lineText(call),
  ]);
  const [head = '', ...lines] = formatTable(['ENDPOINT', 'VERDICT', 'RULE'], rows);
  output.line(`  ${head}`);
  for (const [i, line] of lines.entries()) {
    const { verdict: word } = calls[i] ?? { verdict: 'allow' };
    // The first match is in the column: no endpoint has such a word in its name.
    output.line(`  ${line.replace(` ${word}`, ` ${output.style(STYLES[word], word)}`)}`);
  }
  printEffects(calls, output);
}

function printEffects(calls: readonly CallAnswer[], output: Output): void {
  const refused = calls.filter(({ effect }) => effect !== undefined);
  for (const { endpoint, verdict, effect = '', text } of refused) {
    const condition = verdict === 'depends' ? ', when it is refused' : '';
    output.line();
    for (const line of wrap(`${endpoint}${condition}: ${effect}.`, WIDTH)) output.line(line);
    // Not wrapped: this is the text that people search for.
    if (text !== undefined) output.line(`  ${output.style('dim', withoutPrints(text))}`);
    if (verdict === 'deny' || verdict === 'fault') {
      // What follows would not be asked any more.
      if (text !== undefined) return;
    }
  }
}

/** `no pod of this policy starts: CreateContainerRequest is refused (line 7)` */
function noStartText({ noStart }: VerbAnswer, { noPod }: Asked): string | undefined {
  if (noStart === undefined) return undefined;
  const { endpoint, verdict, line } = noStart;
  const what = verdict === 'deny' ? 'is refused' : 'fails with INTERNAL';
  const where = line === undefined ? 'no rule' : `line ${line.line}`;
  return `${noPod}: ${endpoint} ${what} (${where})`;
}

/** A rule looks at the request, and the recording has none that would settle it. */
const isUnseen = ({ verdict, seen }: CallAnswer, { corpus }: Asked): boolean =>
  corpus !== undefined && verdict === 'depends' && seen.requests === 0;

/** What a policy printed may be pages; how the text begins and ends is what people look for. */
const MAX_PRINTS = 120;

const withoutPrints = (text: string): string =>
  text.replace(
    /(is blocked by policy: )(.*)(": unknown|")$/s,
    (_, start: string, prints: string, end: string) =>
      prints.length <= MAX_PRINTS
        ? `${start}${prints}${end}`
        : `${start}${prints.slice(0, MAX_PRINTS)}...${end}`,
  );

const lineText = ({ line }: CallAnswer): string =>
  line === undefined ? 'no rule' : `${line.file}:${line.line}: ${cut(line.text.trim())}`;

const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

function nameOf({ verb, mode }: VerbAnswer): string {
  const flags = `${mode.stdin ? 'i' : ''}${mode.tty ? 't' : ''}`;
  // Input is what `cp to` is; the letters would say nothing.
  return flags === '' || verb.startsWith('cp') ? verb : `${verb} -${flags}`;
}

export function printVerbs(answers: readonly AskedVerb[], kata: KataProfile, output: Output): void {
  const rows = answers.map((one) => [nameOf(one.answer), one.answer.works, whyOf(one)]);
  const [head = '', ...lines] = formatTable(['VERB', 'WORKS', 'WHY'], rows);
  output.line(head);
  for (const [i, line] of lines.entries()) {
    const { works } = answers[i]?.answer ?? { works: 'yes' };
    output.line(line.replace(`   ${works}`, `   ${output.style(STYLES[works], works)}`));
  }
  output.line();
  output.line(`Kata ${kata.version}, ${answers[0]?.asked.source ?? ''}`);
}

/** The first call that stands in the way. */
function whyOf({ answer, asked }: AskedVerb): string {
  const { calls, ungated, running } = answer;
  // Its own calls first: they would stop it on any pod.
  const noStart = running === 'no' ? undefined : noStartText(answer, asked);
  if (noStart !== undefined) return noStart;
  if (ungated !== undefined) return 'no call of the agent';
  const wanted = running === 'no' ? ['deny', 'fault'] : ['depends'];
  const [first] = calls.filter(({ verdict, optional }) => !optional && wanted.includes(verdict));
  if (first === undefined) return '';
  return `${first.endpoint}: ${first.effect ?? ''}`;
}
