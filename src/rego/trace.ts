/**
 * A trace in OPA's terms: Enter, Eval, Redo, Fail, Exit, Note. Text is the author's own, not the
 * rewritten form, so local names are those of the source.
 */
import { dataPath, sourceName } from './compile/policy.ts';
import type { Slots } from './eval/closure.ts';
import type { Observer } from './eval/observer.ts';
import type { PlanLiteral, PlanRule } from './plan/plan.ts';
import { opaPosition, textOf } from './position.ts';
import type { Span } from './source.ts';
import { formatTerm } from './text.ts';
import type { Value } from './value.ts';

export type TraceOp = 'Enter' | 'Eval' | 'Redo' | 'Fail' | 'Exit' | 'Note';

/** OPA's names: everything, `trace` notes, failures, everything with local variables. */
export type TraceMode = 'full' | 'notes' | 'fails' | 'debug';

export interface TraceEvent {
  readonly op: TraceOp;
  /** A number per rule body entered; 1 is the query. */
  readonly query: number;
  readonly parent: number;
  readonly depth: number;
  readonly text: string;
  readonly span: Span | undefined;
  readonly locals: Readonly<Record<string, Value>>;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

interface Frame {
  readonly query: number;
  readonly rule: PlanRule | undefined;
}

/** A trace beyond this many events is cut: it would not be read, only kept in memory. */
const MAX_EVENTS = 1_000_000;

export class TraceRecorder implements Observer {
  readonly #events: TraceEvent[] = [];
  readonly #frames: Frame[] = [{ query: 1, rule: undefined }];
  readonly #tried: { readonly literal: PlanLiteral; passes: number }[] = [];
  #queries = 1;

  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  #add(op: TraceOp, text: string, span: Span | undefined, slots: Slots | undefined): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || this.#events.length >= MAX_EVENTS) return;
    const locals: Record<string, Value> = Object.create(null) as Record<string, Value>;
    frame.rule?.slotNames.forEach((name, slot) => {
      const value = slots?.[slot];
      if (name !== undefined && name !== '_' && value !== undefined) {
        locals[sourceName(name)] = value as Value;
      }
    });
    this.#events.push({
      op,
      query: frame.query,
      parent: this.#frames.at(-2)?.query ?? 0,
      depth: this.#frames.length - 1,
      text,
      span,
      locals,
    });
  }

  enterRule(rule: PlanRule, _branch: number, slots: Slots): void {
    this.#frames.push({ query: ++this.#queries, rule });
    this.#add('Enter', dataPath(rule.path), rule.headSpan, slots);
  }

  passRule(rule: PlanRule, _branch: number, slots: Slots): void {
    this.#add('Exit', dataPath(rule.path), rule.headSpan, slots);
  }

  leaveRule(): void {
    this.#frames.pop();
  }

  enterLiteral(literal: PlanLiteral, slots: Slots): void {
    this.#tried.push({ literal, passes: 0 });
    this.#add('Eval', oneLine(textOf(literal.span)), literal.span, slots);
  }

  passLiteral(literal: PlanLiteral, slots: Slots): void {
    const tried = this.#tried.findLast((one) => one.literal === literal);
    if (tried !== undefined && ++tried.passes > 1)
      this.#add('Redo', oneLine(textOf(literal.span)), literal.span, slots);
  }

  leaveLiteral(literal: PlanLiteral, slots: Slots): void {
    if (this.#tried.pop()?.passes === 0) {
      this.#add('Fail', oneLine(textOf(literal.span)), literal.span, slots);
    }
  }

  note(text: string): void {
    this.#add('Note', text, undefined, undefined);
  }
}

/** Events of a mode: notes and failures keep the path of rules that leads to them. */
export function selectEvents(
  events: readonly TraceEvent[],
  mode: TraceMode,
): readonly TraceEvent[] {
  if (mode === 'full' || mode === 'debug') return events;
  const wanted: TraceOp = mode === 'notes' ? 'Note' : 'Fail';
  const selected: TraceEvent[] = [];
  const path: TraceEvent[] = [];
  for (const event of events) {
    if (event.op === 'Enter') {
      while ((path.at(-1)?.depth ?? 0) >= event.depth) path.pop();
      path.push(event);
    }
    if (event.op !== wanted) continue;
    for (const entered of path) {
      if (entered.depth <= event.depth && !selected.includes(entered)) selected.push(entered);
    }
    selected.push(event);
  }
  return selected;
}

/** One line per event, indented by depth; `debug` adds the local variables. */
export function formatTrace(events: readonly TraceEvent[], mode: TraceMode): string {
  const lines = selectEvents(events, mode).map((event) => {
    const at =
      event.span === undefined
        ? 'note'
        : `${event.span.source.name}:${String(opaPosition(event.span.source, event.span.start).row)}`;
    const bars = '| '.repeat(event.depth);
    const text = event.op === 'Note' ? JSON.stringify(event.text) : event.text;
    const locals =
      mode === 'debug' && Object.keys(event.locals).length > 0
        ? ` {${Object.entries(event.locals)
            .map(([name, value]) => `${name}: ${formatTerm(value)}`)
            .join(', ')}}`
        : '';
    return `${at.padEnd(24)} ${bars}${event.op} ${text}${locals}`;
  });
  return lines.join('\n');
}
