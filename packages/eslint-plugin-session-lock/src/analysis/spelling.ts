/** How many letters must be added, dropped or changed to make one word of the other. */
export function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(left).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(right).entries()) {
      const changed = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(changed, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

/** The known word that was probably meant, if there is one near enough and no other as near. */
export function nearest(word: string, known: readonly string[], within: number): string | undefined {
  const [best, next] = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  if (best === undefined || best.distance > within || best.distance === next?.distance) return undefined;
  return best.candidate;
}

/** The known name that a misspelt one was probably meant to be: of short names, hardly anything may differ. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length < 3) return undefined;
  return nearest(
    name,
    known.filter((candidate) => candidate.length >= 3),
    name.length < 6 ? 1 : 2,
  );
}
