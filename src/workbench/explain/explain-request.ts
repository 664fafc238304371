/** Explains one request: the decision by the gate's own code, the reason by a second, watched run. */
import { AgentPolicy, kataProfile, loadRego } from '#policy';
import { guestPosition, type RuleAttempt } from '#rego';
import type { Candidate, ExplainQuestion, Explained, SourcePlace } from './explained.ts';

/** Throws `PolicyParseError` for text that is no policy. */
export function explainRequest(question: ExplainQuestion): Explained {
  const { text, file, kata = kataProfile(), endpoint, input, state } = question;
  const policy = AgentPolicy.open([{ source: 'image-default', text, module: file }], {
    kata,
    ...(state !== undefined && { state }),
  });
  const before = policy.state;
  const decision = policy.decide(endpoint, input);
  const outcome = loadRego(text, file, kata).policy.query(`data.agent_policy.${endpoint}`, {
    input: { value: input },
    data: { value: before },
    explain: true,
  });
  const attempts = outcome.explanation?.attempts ?? [];
  const decided = attempts.find(({ held }) => held);
  const candidates =
    decision.verdict === 'allow'
      ? []
      : attempts.flatMap((attempt): readonly Candidate[] => {
          const { stopped } = attempt;
          if (attempt.held || stopped === undefined) return [];
          const place = placeOf(stopped.span);
          const sentence = `stopped at ${place.text.trim()}`;
          const empty = { field: undefined, path: undefined, wanted: undefined };
          const difference = { ...empty, sentence, place, parts: [], trail: [], alternatives: [] };
          const rule = attempt.path.split('.').at(-1) ?? attempt.path;
          const own = { rule, place: placeOf(attempt.span), iteration: '' };
          return [{ ...own, differences: [difference], more: false }];
        });
  return {
    decision,
    decidedBy: decided && placeOf(decided.span),
    candidates,
    omitted: 0,
    hint: undefined,
  };
}

function placeOf({ source, start }: RuleAttempt['span']): SourcePlace {
  const { row, col } = guestPosition(source, start);
  const text = source.text.split('\n')[row - 1] ?? '';
  return { file: source.name, line: row, column: col, text, width: 1 };
}
