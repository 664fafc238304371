/** A unified diff of two texts, for `fmt -d`. Lines are matched by their longest common subsequence. */

type Edit = readonly ['keep' | 'drop' | 'add', string];

const CONTEXT = 3;

/** Beyond this many line pairs the table would be too large; the texts then differ as a whole. */
const MAX_CELLS = 25_000_000;

function edits(before: readonly string[], after: readonly string[]): Edit[] {
  if (before.length * after.length > MAX_CELLS) {
    return [
      ...before.map((line): Edit => ['drop', line]),
      ...after.map((line): Edit => ['add', line]),
    ];
  }
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        before[i] === after[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const result: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const fresh = after[j];
    if (old !== undefined && old === fresh) {
      result.push(['keep', old]);
      i += 1;
      j += 1;
    } else if (
      old !== undefined &&
      (fresh === undefined ||
        (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      result.push(['drop', old]);
      i += 1;
    } else if (fresh !== undefined) {
      result.push(['add', fresh]);
      j += 1;
    }
  }
  return result;
}

const signs = { keep: ' ', drop: '-', add: '+' } as const;

export function unifiedDiff(name: string, before: string, after: string): string {
  const all = edits(before.split('\n'), after.split('\n'));
  const near = all.map((_, at) =>
    all.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(([kind]) => kind !== 'keep'),
  );
  const lines = [`--- ${name}.orig`, `+++ ${name}`];
  let oldRow = 1;
  let newRow = 1;
  for (let at = 0; at < all.length;) {
    const end = !near.includes(!near[at], at) ? all.length : near.indexOf(!near[at], at);
    const hunk = all.slice(at, end);
    const drops = hunk.filter(([kind]) => kind !== 'add').length;
    const adds = hunk.filter(([kind]) => kind !== 'drop').length;
    if (near[at] === true) {
      lines.push(`@@ -${oldRow},${drops} +${newRow},${adds} @@`);
      lines.push(...hunk.map(([kind, text]) => signs[kind] + text));
    }
    oldRow += drops;
    newRow += adds;
    at = end;
  }
  return lines.join('\n');
}
