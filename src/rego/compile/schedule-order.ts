/** Places statements: first what needs nothing, then what each newly defined variable makes possible. */

/** A variable that a statement can define, or `''`, and the names it needs for that. */
export interface Definition {
  readonly name: string;
  readonly uses: readonly string[];
}

type Statement = readonly Definition[];

/** True when all definitions can be met, taking those of the statement itself into account. */
function canRun(statement: Statement, defined: ReadonlySet<string>): boolean {
  const met = new Set(defined);
  let waiting: Statement = statement;
  for (;;) {
    const left = waiting.filter(({ uses }) => !uses.every((use) => met.has(use)));
    for (const definition of waiting) if (!left.includes(definition)) met.add(definition.name);
    if (left.length === 0) return true;
    if (left.length === waiting.length) return false;
    waiting = left;
  }
}

/** The usual case: every statement tests or assigns, and each can run where it stands. */
function isInOrder(statements: readonly Statement[]): boolean {
  const defined = new Set<string>();
  for (const statement of statements) {
    // A statement that only binds is placed when its variable's turn comes, by name.
    if (statement.every(({ name }) => name !== '')) return false;
    const isMet = statement.every(({ uses }) => uses.every((use) => defined.has(use)));
    if (!isMet && !canRun(statement, defined)) return false;
    for (const { name } of statement) defined.add(name);
  }
  return true;
}

/** Indices of the statements in the order to run; source order when they cannot all be placed. */
export function orderStatements(statements: readonly Statement[]): readonly number[] {
  if (isInOrder(statements)) return statements.map((_, i) => i);
  const definers = new Map<string, number[]>();
  statements.forEach((statement, i) => {
    for (const { name } of statement) {
      const indices = definers.get(name) ?? [];
      indices.push(i);
      definers.set(name, indices);
    }
  });
  const order: number[] = [];
  const placed = new Set<number>();
  const defined = new Set<string>();
  /** Says whether something was placed, and whether something still waits. */
  const place = (name: string): { some: boolean; waits: boolean } => {
    let some = false;
    let waits = false;
    for (const i of definers.get(name) ?? []) {
      if (placed.has(i)) continue;
      const statement = statements[i] ?? [];
      if (!canRun(statement, defined)) {
        waits = true;
        continue;
      }
      placed.add(i);
      order.push(i);
      for (const definition of statement) defined.add(definition.name);
      some = true;
    }
    return { some, waits };
  };
  place('');
  let names = [...definers.keys()].sort();
  for (let progress = true; progress;) {
    progress = false;
    const again: string[] = [];
    for (const name of names) {
      const { some, waits } = place(name);
      if (some) {
        progress = true;
        // Tests on the new variable run as early as they can.
        place('');
      }
      if (waits) again.push(name);
    }
    names = again;
  }
  return order.length === statements.length ? order : statements.map((_, i) => i);
}
