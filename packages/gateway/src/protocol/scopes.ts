/** What a credential may do; each includes the ones before it. */
const SCOPES = ["operator.read", "operator.write", "operator.admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** The highest scope first, as clients list them. */
export const ALL_SCOPES: readonly Scope[] = ["operator.admin", "operator.write", "operator.read"];

/**
 * The scopes a connection gets: what its credential carries, narrowed to what it asked for.
 * What a client declares never widens anything; asking for nothing means the whole credential.
 */
export function grantScopes(
  carried: readonly Scope[],
  asked: readonly string[] | undefined,
): readonly Scope[] {
  if (asked === undefined) return carried;
  return carried.filter((scope) => asked.includes(scope));
}

/** Whether `granted` covers `needed`: admin includes write, write includes read. */
export function hasScope(granted: readonly Scope[], needed: Scope): boolean {
  return granted.some((scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(needed));
}
