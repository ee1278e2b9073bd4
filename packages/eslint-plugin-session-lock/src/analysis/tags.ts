/** The tags that the analysis knows, and what each says of the function below it. */
export const lockTags = [
  "requires-session-lock",
  "acquires-session-lock",
  "releases-session-lock",
  "asserts-session-lock",
  "session-lock-wrapper",
  "owns-session-file",
  "no-session-lock-analysis",
] as const;

export type LockTag = (typeof lockTags)[number];

export function isLockTag(tag: string): tag is LockTag {
  return lockTags.some((known) => known === tag);
}

/** A file or lock as a function's callers give it: a parameter and the properties read from it, or a field of `this`. */
export type Place =
  | { readonly kind: "parameter"; readonly index: number; readonly properties: readonly string[] }
  | { readonly kind: "this"; readonly properties: readonly string[] };

/** Gives the place that a name stands for in the function's parameters. */
export type FindParameter = (name: string) => Place | undefined;

export interface WrapperClaim {
  /** Index of the callback among the arguments; -1 is the last. */
  readonly callback: number;
  readonly resource: Place | undefined;
}

/** What stands behind a tag, read with the parameters of the function it is about. */
export type TagArgument =
  | { readonly kind: "none" }
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "wrapper"; readonly claim: WrapperClaim }
  /** A word that is no parameter, or an option that is none. */
  | { readonly kind: "bad"; readonly word: string };

/** The text behind a tag that takes a path: nothing, a path, or a sentence. */
export function readPlace(argument: string, find: FindParameter): TagArgument {
  const [word = "", ...others] = argument.split(/\s+/);
  if (word === "" || /^[-–—:]/.test(word)) return { kind: "none" };
  const [root = "", ...properties] = word.split(".");
  const found = root === "this" ? ({ kind: "this", properties: [] } as const) : find(root);
  if (found !== undefined) {
    return { kind: "place", place: { ...found, properties: [...found.properties, ...properties] } };
  }
  return others.length > 0 && !/^[-–—:]/.test(others[0] ?? "") ? { kind: "none" } : { kind: "bad", word };
}

/** `callback=1 resource=params.sessionFile`: both by index or by name; by default the file first, the callback second. */
export function readWrapper(argument: string, find: FindParameter): TagArgument {
  let callback = 1;
  let resource: Place | undefined = { kind: "parameter", index: 0, properties: [] };
  for (const [, key = "", value = ""] of argument.matchAll(/([\w-]+)\s*=\s*([\w$.-]+)/g)) {
    const place = /^-?\d+$/.test(value)
      ? ({ kind: "parameter", index: Number(value), properties: [] } as const)
      : placeOf(readPlace(value, find));
    if (place === undefined || (key !== "callback" && key !== "resource")) {
      return { kind: "bad", word: place === undefined ? value : key };
    }
    if (key === "resource") resource = place;
    else if (place.kind === "parameter") callback = place.index;
  }
  return { kind: "wrapper", claim: { callback, resource } };
}

function placeOf(argument: TagArgument): Place | undefined {
  return argument.kind === "place" ? argument.place : undefined;
}
