/** The name that was most likely meant; undefined when none is near. */
export function closestName(written: string, names: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.ceil(written.length / 2));
  const [best] = names
    .map((name) => ({ name, distance: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance: far }) => far <= limit)
    .sort((one, other) => one.distance - other.distance);
  return best?.name;
}

/** How many characters have to be put in, taken out or changed to make one word of the other. */
function distance(one: string, other: string): number {
  // A name that long is no slip of a finger, and the table grows with the product.
  if (Math.max(one.length, other.length) > 64) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
