// Every member that pi's class has, as its packages really have them, is there and is called the same way.
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SessionManager as NewPi } from "@earendil-works/pi-coding-agent";
import { SessionManager as OldPi } from "@mariozechner/pi-coding-agent";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import * as ours from "../src/index.ts";
import { SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { newestPi } from "./newest-pi.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

const VERSIONS = [["0.73.1", OldPi] as const, ["0.87.1", NewPi] as const, ...(await newestPi())];
const FUNCTIONS = await Promise.all(
  ["@mariozechner/pi-coding-agent", "@earendil-works/pi-coding-agent"].map(async (name) => {
    const entry = fileURLToPath(import.meta.resolve(name));
    const module = path.join(path.dirname(entry), "core/session-manager.js");
    return [name, (await import(pathToFileURL(module).href)) as object] as const;
  }),
);

/** pi marks what is not for others with an underscore; of these it documents `_persist`. */
function membersOf(target: object): string[] {
  return Object.getOwnPropertyNames(target).filter(
    (name) => name !== "constructor" && (!name.startsWith("_") || name === "_persist"),
  );
}

const kindOf = (target: object, name: string): string => typeof Reflect.get(target, name);

test.each(VERSIONS)("every instance member of pi %s is there", (_, Pi) => {
  const members = membersOf(Pi.prototype);

  expect(members).toContain("appendMessage");
  expect(members.length).toBeGreaterThan(30);
  expect(members.filter((name) => kindOf(SessionManager.prototype, name) !== "function")).toEqual([]);
});

test.each(VERSIONS)("every static member of pi %s is there", (_, Pi) => {
  const members = membersOf(Pi).filter((name) => kindOf(Pi, name) === "function");

  expect(members).toContain("open");
  expect(members.length).toBeGreaterThan(5);
  expect(members.filter((name) => kindOf(SessionManager, name) !== "function")).toEqual([]);
});

test("the members that only pi 1.5.2 has are there", () => {
  const session = SessionManager.inMemory("/w");
  session.appendMessage(userMessage("one"));

  expect(session.getEntryCount()).toBe(1);
  expect(session.usesDefaultSessionDir()).toBe(false);
  expect(SessionManager.findById("/w", "unknown", tempFolder())).toBeUndefined();
  ours.assertValidSessionId("a.b-c_1");
  expect(() => ours.assertValidSessionId("-a")).toThrow(
    "Session id must be non-empty, contain only alphanumeric characters, '-', '_', and '.', and start and end with an alphanumeric character",
  );
});

test.each(FUNCTIONS)(
  "every function and constant of the session manager's module of %s is an export",
  (_, module) => {
    expect(Object.keys(module)).toContain("buildSessionContext");
    expect(
      Object.keys(module).filter((name) => typeof Reflect.get(ours, name) !== kindOf(module, name)),
    ).toEqual([]);
  },
);

test.each(VERSIONS)(
  "every field of a session of pi %s that gateways write to is there and can be written",
  (_, Pi) => {
    const poked = ["fileEntries", "flushed", "byId", "labelsById", "leafId", "sessionId"];
    const theirs = Pi.inMemory("/w");
    const session = SessionManager.inMemory("/w");
    const change: Readonly<Record<string, unknown>> = {
      fileEntries: [session.getHeader()],
      flushed: false,
      byId: new Map(),
      labelsById: new Map(),
      leafId: null,
      sessionId: "another",
    };

    expect(poked.filter((name) => !Object.hasOwn(theirs, name))).toEqual([]);
    for (const name of poked) {
      expect(kindOf(session, name)).toBe(kindOf(theirs, name));
      expect(Reflect.set(session, name, change[name])).toBe(true);
    }
    expect(session.getSessionId()).toBe("another");
    expect(session.getLeafId()).toBeNull();
  },
);

type Call = (session: SessionManager, ids: readonly string[]) => unknown;

const CALLS: readonly (readonly [string, Call])[] = [
  ["isPersisted", (session) => session.isPersisted()],
  ["getSessionFile", (session) => session.getSessionFile()],
  ["getCwd", (session) => session.getCwd()],
  ["getSessionDir", (session) => session.getSessionDir()],
  ["branch of an unknown entry", (session) => session.branch("unknown")],
  ["appendLabelChange of an unknown entry", (session) => session.appendLabelChange("unknown", "x")],
  ["createBranchedSession of an unknown entry", (session) => session.createBranchedSession("unknown")],
  ["branchWithSummary of an unknown entry", (session) => session.branchWithSummary("unknown", "x")],
  ["getEntry of an unknown entry", (session) => session.getEntry("unknown")],
  ["getLabel of an unknown entry", (session) => session.getLabel("unknown")],
  ["getBranch of an unknown entry", (session) => session.getBranch("unknown")],
  ["getBranch of a root's parent", (session) => session.getBranch(null as never).length],
  ["getChildren of an unknown entry", (session) => session.getChildren("unknown")],
  ["branch", (session, [first = ""]) => session.branch(first)],
  [
    "resetLeaf",
    (session) => {
      session.resetLeaf();
      return session.getLeafId();
    },
  ],
  ["getSessionName", (session) => session.getSessionName()],
];
const NEWER_CALLS: readonly (readonly [string, Call])[] = [
  ["an edit of an unknown entry", (session) => session.appendContextEdit("unknown", null)],
  ["an edit that is none", (session, [first = ""]) => session.appendContextEdit(first, {} as never)],
  ["an edit of what is not shown", (session, [, , label = ""]) => session.appendContextEdit(label, null)],
  [
    "an edit of another branch",
    (session, [first = "", second = ""]) => {
      session.branch(first);
      return session.appendContextEdit(second, null);
    },
  ],
  ["a session id that is none", (session) => session.newSession({ id: "-x-" })],
  ["usesDefaultSessionDir", (session) => session.usesDefaultSessionDir()],
];

function outcomeOf(session: SessionManager, call: Call): unknown {
  const one = session.appendMessage(userMessage("one"));
  const two = session.appendMessage(assistantMessage("two"));
  const label = session.appendLabelChange(one, "start");
  try {
    return { returned: call(session, [one, two, label]) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { thrown: message.replace(one, "#one").replace(two, "#two").replace(label, "#label") };
  }
}

const inEach = (calls: typeof CALLS, versions: typeof VERSIONS) =>
  versions.flatMap(([version, Pi]) => calls.map(([what, call]) => [what, version, Pi, call] as const));

test.each([...inEach(CALLS, VERSIONS), ...inEach(NEWER_CALLS, VERSIONS.slice(1))])(
  "%s does what it does in pi %s",
  (_, __, Pi, call) => {
    const theirs = Pi.inMemory("/w") as unknown as SessionManager;

    expect(outcomeOf(SessionManager.inMemory("/w"), call)).toEqual(outcomeOf(theirs, call));
  },
);

test.each(VERSIONS)("a source that is no session cannot be forked, in the words of pi %s", (_, Pi) => {
  const source = tempSession();
  const folder = tempFolder();
  const words = `Cannot fork: source session file is empty or invalid: ${source}`;

  expect(() => Pi.forkFrom(source, "/w", folder)).toThrow(words);
  expect(() => SessionManager.forkFrom(source, "/w", folder)).toThrow(words);
});

test("a session in memory takes entries of old versions as pi does, and leaves the list that it was given", () => {
  const entries = () =>
    [
      { type: "session", id: "old", timestamp: "2025-01-01T00:00:00.000Z", cwd: "/w" },
      { type: "message", timestamp: "2025-01-01T00:00:01.000Z", message: userMessage("one") },
      { type: "message", timestamp: "2025-01-01T00:00:02.000Z", message: assistantMessage("two") },
      {
        type: "compaction",
        timestamp: "2025-01-01T00:00:03.000Z",
        summary: "s",
        firstKeptEntryIndex: 2,
        tokensBefore: 1,
      },
    ] as never[];
  const given = entries();

  const session = SessionManager.inMemory("/w", {}, given);
  const theirs = NewPi.inMemory("/w", {}, entries());

  expect(session.getHeader()).toMatchObject({ id: "old", version: 3 });
  expect(session.buildSessionContext()).toEqual(theirs.buildSessionContext());
  expect(given).toEqual(entries());
});

test("entries of old versions are migrated in place, as by pi, and those of version 3 are left", () => {
  const old = () =>
    [
      { type: "session", id: "old", timestamp: "2025-01-01T00:00:00.000Z", cwd: "/w" },
      { type: "message", message: { role: "hookMessage", content: "x" } },
      { type: "compaction", summary: "s", firstKeptEntryIndex: 1, tokensBefore: 1 },
    ] as never[];
  const [, theirModule] = FUNCTIONS[1] ?? ["", {}];
  const [mine, theirs] = [old(), old()];

  ours.migrateSessionEntries(mine);
  Reflect.apply(Reflect.get(theirModule, "migrateSessionEntries") as () => void, undefined, [theirs]);

  const shapeOf = (list: readonly object[]) => {
    const ids = list.map((entry) => Reflect.get(entry, "id") as string);
    return JSON.parse(
      JSON.stringify(list, (_, value: unknown) =>
        ids.includes(value as string) ? ids.indexOf(value as string) : value,
      ),
    ) as unknown;
  };
  expect(shapeOf(mine)).toEqual(shapeOf(theirs));
  expect(shapeOf(mine)).toMatchObject([
    { version: 3 },
    { message: { role: "custom" } },
    { firstKeptEntryId: 1 },
  ]);
  const again = structuredClone(mine);
  ours.migrateSessionEntries(mine);
  expect(mine).toEqual(again);
});

test("the tool calls that a killed run left open are closed, and what waited for them is on the branch", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const content = [{ type: "toolCall" as const, id: "c1", name: "read", arguments: {} }];
    session.appendMessage(userMessage("one"));
    session.appendMessage({ ...assistantMessage(""), content, stopReason: "toolUse" });
    session.appendMessage(userMessage("waits"));

    const results = session.closeToolCalls();

    expect(results).toHaveLength(1);
    expect(session.buildSessionContext().messages).toMatchObject([
      { role: "user" },
      { role: "assistant" },
      { role: "toolResult", toolCallId: "c1", isError: true },
      { role: "user", content: [{ text: "waits" }] },
    ]);
    expect(session.closeToolCalls()).toEqual([]);
  });
});

test("a session whose run was killed in a tool call shows a model what is said since, as pi does", async () => {
  const file = tempSession();
  const content = [{ type: "toolCall" as const, id: "c1", name: "read", arguments: {} }];
  const calling = { ...assistantMessage(""), content, stopReason: "toolUse" as const };
  const said = [userMessage("one"), calling, userMessage("go on"), assistantMessage("done")];
  const theirs = NewPi.inMemory("/w");
  for (const message of said) theirs.appendMessage(message as never);
  await withSessionWriteLock(file, () => {
    for (const message of said) SessionManager.open(file).appendMessage(message);
  });
  const session = SessionManager.open(file);

  expect(session.getBranch().map(({ type }) => type)).toEqual(["message", "message", "custom", "custom"]);
  expect(session.buildSessionContext()).toEqual(theirs.buildSessionContext());
  expect(session.buildSessionProjection()).toMatchObject(theirs.buildSessionContext());
  const shown = session.buildContextEntries();
  expect(shown.filter(({ type }) => type === "message")).toMatchObject(said.map((message) => ({ message })));
  const ids = shown.slice(-2).map(({ id }) => id);
  await withSessionWriteLock(file, () => session.closeToolCalls());
  expect(session.getBranch().slice(-2)).toMatchObject(ids.map((id) => ({ id })));
});

test("in memory nothing waits for a tool call, as in pi, and its result can be made up all the same", () => {
  const session = SessionManager.inMemory("/w");
  const content = [{ type: "toolCall" as const, id: "c1", name: "read", arguments: {} }];
  session.appendMessage({ ...assistantMessage(""), content, stopReason: "toolUse" });
  expect(session.closeToolCalls()).toHaveLength(1);
  session.appendMessage({ ...assistantMessage(""), content, stopReason: "toolUse" });
  const beside = session.appendMessage(userMessage("beside"));

  expect(session.getLeafEntry()).toMatchObject({ id: beside, type: "message" });
});
