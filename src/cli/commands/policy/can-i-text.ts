/** Answers of `policy can-i` for people: a line per call, then what the user gets to see. */
import type { CallAnswer, CallVerdict, KataProfile, Verb, VerbAnswer } from '#workbench';
import { formatTable, wrap, type Output, type Style } from '../../output.ts';

export interface AskedVerb {
  readonly verb: Verb;
  readonly answer: VerbAnswer;
  readonly source: string;
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

export function printVerb({ answer, source }: AskedVerb, kata: KataProfile, output: Output): void {
  const { works, calls, ungated } = answer;
  const verdict = output.style(STYLES[works], works);
  if (ungated !== undefined) {
    output.line(`${nameOf(answer)}: ${verdict}`);
    for (const line of wrap(ungated, WIDTH - 2)) output.line(`  ${line}`);
    return;
  }
  output.line(`${nameOf(answer)}: ${verdict}   (Kata ${kata.version}, ${source})`);
  const rows = calls.map((call) => [
    call.endpoint,
    call.verdict + (call.seen.requests > 0 ? ` ${call.seen.allowed}/${call.seen.requests}` : ''),
    lineText(call),
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
  const rows = answers.map(({ answer }) => [nameOf(answer), answer.works, whyOf(answer)]);
  const [head = '', ...lines] = formatTable(['VERB', 'WORKS', 'WHY'], rows);
  output.line(head);
  for (const [i, line] of lines.entries()) {
    const { works } = answers[i]?.answer ?? { works: 'yes' };
    output.line(line.replace(`   ${works}`, `   ${output.style(STYLES[works], works)}`));
  }
  output.line();
  output.line(`Kata ${kata.version}, ${answers[0]?.source ?? ''}`);
}

/** The first call that stands in the way. */
function whyOf({ calls, ungated, works }: VerbAnswer): string {
  if (ungated !== undefined) return 'no call of the agent';
  const wanted = works === 'no' ? ['deny', 'fault'] : ['depends'];
  const [first] = calls.filter(({ verdict, optional }) => !optional && wanted.includes(verdict));
  if (first === undefined) return '';
  return `${first.endpoint}: ${first.effect ?? ''}`;
}
