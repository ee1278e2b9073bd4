import type { Body, Slot, Statement } from "./program.ts";

/** A handle is absent, holds the lock since the acquire that made it, or has been released. */
type Handle = "none" | "released" | Statement;

interface State {
  readonly a: Handle;
  readonly b: Handle;
  /** How many `using` blocks and lock scopes are around. */
  readonly depth: number;
}

/** How a piece of a program can end. */
type End = "normal" | "throw" | "return" | "break" | "continue" | "leave";

/** What every way through a program comes to. */
export interface Ways {
  /** The writes that some way reaches without the lock. */
  readonly unlocked: ReadonlySet<Statement>;
  /** The acquires whose handle some way out of the function leaves unreleased. */
  readonly leaked: ReadonlySet<Statement>;
}

interface Around {
  readonly isInLoop: boolean;
  readonly isInBreakable: boolean;
  readonly isInLabel: boolean;
  readonly isInner: boolean;
}

/** Walks every way through the program: each call returns or throws, each condition holds or not, loops run on. */
export function enumerate(program: Body): Ways {
  const unlocked = new Set<Statement>();
  const leaked = new Set<Statement>();
  const inner = new Set<Statement>();
  const names = new Map<Statement, number>();
  const start: State = { a: "none", b: "none", depth: 0 };
  const top: Around = { isInLoop: false, isInBreakable: false, isInLabel: false, isInner: false };
  for (const way of run(program, start, top)) {
    for (const handle of [way.state.a, way.state.b]) {
      if (typeof handle !== "string" && !inner.has(handle)) leaked.add(handle);
    }
  }
  return { unlocked, leaked };

  interface Way {
    readonly state: State;
    readonly end: End;
  }

  function nameOf(handle: Handle): string {
    if (typeof handle === "string") return handle;
    const known = names.get(handle) ?? names.size;
    names.set(handle, known);
    return String(known);
  }

  function distinct(ways: readonly Way[]): readonly Way[] {
    const unique = new Map(
      ways.map((way) => [`${way.end} ${nameOf(way.state.a)} ${nameOf(way.state.b)} ${way.state.depth}`, way]),
    );
    return [...unique.values()];
  }

  function run(body: Body, state: State, around: Around): readonly Way[] {
    let ways: readonly Way[] = [{ state, end: "normal" }];
    for (const statement of body) {
      ways = distinct(
        ways.flatMap((way) => (way.end === "normal" ? step(statement, way.state, around) : [way])),
      );
    }
    return ways;
  }

  function mayThrow(before: State, after: State = before): readonly Way[] {
    return [
      { state: before, end: "throw" },
      { state: after, end: "normal" },
    ];
  }

  function step(statement: Statement, state: State, around: Around): readonly Way[] {
    switch (statement.kind) {
      case "call":
        return mayThrow(state);
      case "write":
        if (typeof state.a === "string" && typeof state.b === "string" && state.depth === 0)
          unlocked.add(statement);
        return mayThrow(state);
      case "throw":
      case "return":
        return [{ state, end: statement.kind }];
      case "break":
        return around.isInBreakable ? [{ state, end: "break" }] : mayThrow(state);
      case "continue":
        return around.isInLoop ? [{ state, end: "continue" }] : mayThrow(state);
      case "leave":
        return around.isInLabel ? [{ state, end: "leave" }] : mayThrow(state);
      case "acquire":
        if (state[statement.slot] !== "none") return [{ state, end: "normal" }];
        if (around.isInner) inner.add(statement);
        return mayThrow(state, { ...state, [statement.slot]: statement });
      case "release":
        return state[statement.slot] === "none"
          ? [{ state, end: "normal" }]
          : mayThrow(released(state, statement.slot));
      case "clear":
        if (state[statement.slot] === "none") return [{ state, end: "normal" }];
        return mayThrow(released(state, statement.slot), { ...state, [statement.slot]: "none" });
      case "if":
        return choose(statement, state, around);
      case "while":
      case "do":
      case "each":
        return loop(statement, state, around);
      case "try":
        return attempt(statement, state, around);
      case "switch":
        return pick(statement, state, around);
      case "label":
        return run(statement.body, state, { ...around, isInLabel: true }).map((way) =>
          way.end === "leave" ? { ...way, end: "normal" } : way,
        );
      case "using":
        return [
          { state, end: "throw" },
          ...run(statement.body, deeper(state, 1), around).flatMap((way): Way[] => [
            { state: deeper(way.state, -1), end: way.end },
            { state: deeper(way.state, -1), end: "throw" },
          ]),
        ];
      case "scope":
        return [
          { state, end: "throw" },
          ...called(statement.body, deeper(state, 1)).map((way) => ({
            ...way,
            state: deeper(way.state, -1),
          })),
        ];
      case "inner":
        return mentionsLocks(statement.body) ? called(statement.body, state) : mayThrow(state);
    }
  }

  function released(state: State, slot: Slot): State {
    return { ...state, [slot]: "released" };
  }

  function deeper(state: State, by: number): State {
    return { ...state, depth: state.depth + by };
  }

  function called(body: Body, state: State): readonly Way[] {
    const ways = run(body, state, { isInLoop: false, isInBreakable: false, isInLabel: false, isInner: true });
    return ways.map((way) => (way.end === "return" ? { ...way, end: "normal" } : way));
  }

  function choose(
    statement: Extract<Statement, { kind: "if" }>,
    state: State,
    around: Around,
  ): readonly Way[] {
    if (statement.slot !== undefined) {
      return run(state[statement.slot] === "none" ? statement.else : statement.then, state, around);
    }
    return [
      { state, end: "throw" },
      ...run(statement.then, state, around),
      ...run(statement.else, state, around),
    ];
  }

  function loop(
    statement: Extract<Statement, { kind: "while" | "do" | "each" }>,
    state: State,
    around: Around,
  ): readonly Way[] {
    const inside: Around = { ...around, isInLoop: true, isInBreakable: true };
    const ends: Way[] = [];
    const seen = new Set<string>();
    // A round's start is before the condition, except the first round of `do`.
    let starts: { readonly state: State; readonly isTested: boolean }[] = [
      { state, isTested: statement.kind === "do" },
    ];
    while (starts.length > 0) {
      const next: typeof starts = [];
      for (const begin of starts) {
        const key = `${nameOf(begin.state.a)} ${nameOf(begin.state.b)} ${begin.state.depth} ${begin.isTested}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (!begin.isTested)
          ends.push({ state: begin.state, end: "throw" }, { state: begin.state, end: "normal" });
        for (const way of run(statement.body, begin.state, inside)) {
          if (way.end === "normal" || way.end === "continue")
            next.push({ state: way.state, isTested: false });
          else ends.push(way.end === "break" ? { ...way, end: "normal" } : way);
        }
      }
      starts = next;
    }
    return distinct(ends);
  }

  function attempt(
    statement: Extract<Statement, { kind: "try" }>,
    state: State,
    around: Around,
  ): readonly Way[] {
    const { handler, finalizer } = statement;
    const tried = run(statement.body, state, around);
    const handled =
      handler === undefined
        ? tried
        : distinct(tried.flatMap((way) => (way.end === "throw" ? run(handler, way.state, around) : [way])));
    if (finalizer === undefined) return handled;
    return distinct(
      handled.flatMap((way) =>
        run(finalizer, way.state, around).map((end) =>
          end.end === "normal" ? { ...end, end: way.end } : end,
        ),
      ),
    );
  }

  function pick(
    statement: Extract<Statement, { kind: "switch" }>,
    state: State,
    around: Around,
  ): readonly Way[] {
    const ends: Way[] = [{ state, end: "throw" }];
    if (!statement.hasDefault) ends.push({ state, end: "normal" });
    statement.cases.forEach((_, first) => {
      const body = statement.cases.slice(first).flat();
      for (const way of run(body, state, { ...around, isInBreakable: true })) {
        ends.push(way.end === "break" ? { ...way, end: "normal" } : way);
      }
    });
    return distinct(ends);
  }
}

/** A function that has nothing to do with locks is not looked into: to its caller it is a call like any other. */
function mentionsLocks(body: Body): boolean {
  return body.some((statement) => {
    switch (statement.kind) {
      case "write":
      case "acquire":
      case "release":
      case "clear":
      case "using":
      case "scope":
        return true;
      case "if":
        return mentionsLocks(statement.then) || mentionsLocks(statement.else);
      case "while":
      case "do":
      case "each":
      case "label":
      case "inner":
        return mentionsLocks(statement.body);
      case "try":
        return [statement.body, statement.handler ?? [], statement.finalizer ?? []].some(mentionsLocks);
      case "switch":
        return statement.cases.some(mentionsLocks);
      default:
        return false;
    }
  });
}
