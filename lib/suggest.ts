/**
 * The name that was probably meant, or undefined if none is similar. Case and separators may differ, the beginning or the end may be
 * missing, and one typo per three letters is allowed.
 */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const word = plain(typed);
  if (word === '') return undefined;
  const ranked = names
    .map((name) => ({ name, slips: slips(word, plain(name)) }))
    .sort((a, b) => a.slips - b.slips);
  const best = ranked[0];
  if (best && best.slips <= Math.max(1, Math.floor(word.length / 3))) return best.name;
  return names.find(
    (name) => word.length > 2 && (plain(name).startsWith(word) || word.startsWith(plain(name))),
  );
}

/** `poseScale`, `pose_scale` and `pose-scale` count as equal. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The number of letters added, deleted, changed, or swapped with a neighbour (optimal string alignment). */
function slips(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(changed, swapped, last[j]! + 1, row[j - 1]! + 1));
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
