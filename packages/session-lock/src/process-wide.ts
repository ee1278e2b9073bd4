/** Bump when two versions could no longer work on each other's objects. */
const key = Symbol.for("session-lock.process.3");

const cells = sharedCells();

/**
 * State that every copy of this package in one process (one thread) shares, so that two installs behave as one: the
 * first copy that asks for a name creates it.
 */
export function processWide<T extends object>(name: string, create: () => T): T {
  const existing = cells.get(name);
  if (isFrom(create, existing)) return existing;
  const created = create();
  cells.set(name, created);
  return created;
}

function sharedCells(): Map<string, object> {
  const existing: unknown = Reflect.get(globalThis, key);
  if (areCells(existing)) return existing;
  const created = new Map<string, object>();
  Reflect.defineProperty(globalThis, key, { value: created });
  return created;
}

/** The key names the protocol, so whatever is there was created by a copy that agrees on it. */
function areCells(value: unknown): value is Map<string, object> {
  return value instanceof Map;
}

/** As above. */
function isFrom<T extends object>(_create: () => T, value: object | undefined): value is T {
  return value !== undefined;
}
