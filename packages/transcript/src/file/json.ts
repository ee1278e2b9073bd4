/** As `JSON.stringify`, also for what is nested so deep that this would run out of stack. For what came from JSON. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return piecesOf(value).join("");
    throw error;
  }
}

/** What is still to be written, the last one first: a value, or a text that stands between values. */
type Due = { readonly value: unknown } | string;

function piecesOf(value: unknown): string[] {
  const pieces: string[] = [];
  const due: Due[] = [{ value }];
  for (let next = due.pop(); next !== undefined; next = due.pop()) {
    if (typeof next === "string") pieces.push(next);
    else if (typeof next.value !== "object" || next.value === null) pieces.push(JSON.stringify(next.value));
    else for (const part of partsOf(next.value).reverse()) due.push(part);
  }
  return pieces;
}

function partsOf(value: object): Due[] {
  const isList = Array.isArray(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const parts = members.flatMap(([name, member], at): Due[] => [
    `${at === 0 ? "" : ","}${isList ? "" : `${JSON.stringify(name)}:`}`,
    { value: member },
  ]);
  return isList ? ["[", ...parts, "]"] : ["{", ...parts, "}"];
}
