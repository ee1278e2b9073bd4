import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { withSessionWriteLock } from "session-lock";
import { afterEach, expect, test, vi } from "vitest";
import {
  buildSessionContext,
  findMostRecentSession,
  getDefaultSessionDir,
  getLatestCompactionEntry,
  loadEntriesFromFile,
  openTranscript,
  parseSessionEntries,
  SessionManager,
} from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { assistant, chat, linesOf, sessionFile, user } from "./session-lines.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

afterEach(() => vi.unstubAllEnvs());

test("a session in memory needs no lock and has no file", () => {
  const session = SessionManager.inMemory("/w");

  const one = session.appendMessage(userMessage("one"));
  const two = session.appendMessage(assistantMessage("two"));

  expect(session.isPersisted()).toBe(false);
  expect(session.getSessionFile()).toBeUndefined();
  expect(session.getCwd()).toBe("/w");
  expect(session.getBranch().map(({ id }) => id)).toEqual([one, two]);
  expect(session.buildSessionContext()).toMatchObject({
    messages: [{ role: "user" }, { role: "assistant" }],
    thinkingLevel: "off",
    model: { provider: "anthropic", modelId: "test-model" },
  });
});

test("the tree, its branches, labels and name are as pi gives them", () => {
  const session = SessionManager.inMemory();
  const one = session.appendMessage(userMessage("one"));
  const two = session.appendMessage(assistantMessage("two"));
  session.branch(one);
  expect(session.getLeafId()).toBe(one);
  const other = session.appendMessage(assistantMessage("another two"));
  const label = session.appendLabelChange(one, "start");
  session.appendSessionInfo(" my session ");
  session.resetLeaf();
  expect(session.getLeafId()).toBeNull();
  expect(session.getBranch()).toEqual([]);
  const root = session.appendMessage(userMessage("again"));

  expect(session.getChildren(one).map(({ id }) => id)).toEqual([two, other]);
  expect(session.getLabel(one)).toBe("start");
  expect(session.getSessionName()).toBe("my session");
  expect(session.getEntry(label)).toMatchObject({ type: "label", targetId: one, parentId: other });
  expect(session.getLeafEntry()?.id).toBe(root);
  expect(session.getTree()).toMatchObject([
    {
      entry: { id: one },
      label: "start",
      children: [{ entry: { id: two } }, { entry: { id: other }, children: [{}] }],
    },
    { entry: { id: root }, children: [] },
  ]);
  expect(session.getBranch("unknown")).toEqual([]);
  expect(() => session.branch("unknown")).toThrow("Entry unknown not found");
  expect(() => session.appendLabelChange("unknown", "x")).toThrow("Entry unknown not found");
  session.appendLabelChange(one, undefined);
  session.appendSessionInfo("");
  expect(session.getLabel(one)).toBeUndefined();
  expect(session.getSessionName()).toBeUndefined();
});

test("an explicit branch is the only fork, and the next append goes on from it", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const one = session.appendMessage(userMessage("one"));
    session.appendMessage(assistantMessage("two"));
    const summary = session.branchWithSummary(one, "tried something");
    const three = session.appendMessage(userMessage("three"));

    expect(session.getBranch().map(({ id }) => id)).toEqual([one, summary, three]);
    expect(session.buildSessionContext().messages.map(({ role }) => role)).toEqual([
      "user",
      "branchSummary",
      "user",
    ]);
  });

  expect(readRaw(file)).toMatchObject({ forks: 1, visible: ["one", "three"] });
});

test("a compaction stands for everything before the entry it keeps", () => {
  const session = SessionManager.inMemory();
  session.appendMessage(userMessage("one"));
  session.appendThinkingLevelChange("high");
  session.appendModelChange("p", "m");
  const kept = session.appendMessage(assistantMessage("two"));
  session.appendCompaction("so far", kept, 123);
  session.appendCustomMessageEntry("ext", "three", true);
  session.appendCustomEntry("ext", { hidden: true });

  const context = session.buildSessionContext();

  expect(context.messages).toMatchObject([
    { role: "compactionSummary", summary: "so far", tokensBefore: 123 },
    { role: "assistant" },
    { role: "custom", content: "three" },
  ]);
  expect(context.thinkingLevel).toBe("high");
  expect(buildSessionContext(session.getEntries())).toEqual(context);
  expect(buildSessionContext(session.getEntries(), null).messages).toEqual([]);
});

test("a new session is in pi's folder, under pi's name, from its first append on", async () => {
  const home = tempFolder();
  vi.stubEnv("PI_CODING_AGENT_DIR", home);
  const session = SessionManager.create("/some/where");
  const file = session.getSessionFile() ?? "";

  expect(path.dirname(file)).toBe(path.join(home, "sessions", "--some-where--"));
  expect(path.basename(file)).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z_[0-9a-f-]{36}\.jsonl$/);
  expect(existsSync(file)).toBe(false);
  await withSessionWriteLock(file, () => session.appendMessage(userMessage("one")));
  expect(readRaw(file)).toMatchObject({ headers: 1, visible: ["one"] });
  expect(SessionManager.continueRecent("/some/where").getSessionId()).toBe(session.getSessionId());
});

test("a manager moves on to a new session, to another file, and to a branch of its own", async () => {
  const folder = tempFolder();
  const session = SessionManager.create("/w", folder);
  const first = session.getSessionFile() ?? "";
  const label = await withSessionWriteLock(first, () => {
    const one = session.appendMessage(userMessage("one"));
    session.appendLabelChange(one, "start");
    session.appendMessage(assistantMessage("two"));
    return one;
  });
  const leaf = session.getLeafId() ?? "";

  const branched = session.createBranchedSession(leaf) ?? "";
  expect(readRaw(branched)).toMatchObject({ forks: 0, visible: ["one", "two"], headers: 1 });
  expect(session.getLabel(label)).toBe("start");
  expect(session.getHeader()).toMatchObject({ parentSession: first });
  session.newSession({ id: "fresh" });
  expect(session.getSessionId()).toBe("fresh");
  expect(session.getEntries()).toEqual([]);
  session.setSessionFile(first);
  expect(session.getEntries()).toHaveLength(3);
  expect(() => session.createBranchedSession("unknown")).toThrow("Entry unknown not found");
});

test("a fork copies a session for another folder", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  const target = tempFolder();

  const fork = SessionManager.forkFrom(file, "/elsewhere", target);

  expect(fork.getHeader()).toMatchObject({ cwd: "/elsewhere", parentSession: file });
  expect(fork.getSessionId()).not.toBe(transcript.sessionId);
  expect(fork.getEntries()).toEqual(await transcript.entries());
  expect(() => SessionManager.forkFrom(path.join(target, "none.jsonl"), "/x", target)).toThrow("Cannot fork");
});

test("pi's form of open takes a folder for new sessions and a working folder", () => {
  const file = tempSession();
  const sessions = tempFolder();
  writeFileSync(path.join(sessions, "not-a-session.jsonl"), "hello\n");

  const session = SessionManager.open(file, sessions, "/w");

  expect(session.getSessionDir()).toBe(sessions);
  expect(session.getCwd()).toBe("/w");
  expect(path.dirname(SessionManager.continueRecent("/w", sessions).getSessionFile() ?? "")).toBe(sessions);
});

test("the functions of pi's module read texts, files and folders", () => {
  const file = sessionFile(linesOf(chat(user("one"), assistant("two"))));
  const entries = loadEntriesFromFile(file);
  const [, ...rest] = SessionManager.inMemory("/w", {}, entries).getEntries();

  expect(entries.map(({ type }) => type)).toEqual(["session", "message", "message"]);
  expect(parseSessionEntries(readFileSync(file, "utf8"))).toEqual(entries);
  expect(rest).toEqual(entries.slice(2));
  expect(findMostRecentSession(path.dirname(file))).toBe(file);
  expect(loadEntriesFromFile(`${file}.missing`)).toEqual([]);
  expect(getDefaultSessionDir("/a/b", "/agent")).toBe("/agent/sessions/--a-b--");
  expect(getLatestCompactionEntry([])).toBeNull();
  expect(SessionManager.open(file).usesDefaultSessionDir()).toBe(false);
});

test("an entry that is there is not written again by _persist, one that is not is written as it is", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    session.appendMessage(userMessage("one"));
    for (const entry of session.getEntries()) {
      session._persist(entry);
      session._persist({ ...entry, id: "mine", parentId: entry.id });
    }

    expect(session.getEntryCount()).toBe(2);
    expect(session.getLeafId()).toBe("mine");
  });

  expect(readRaw(file)).toMatchObject({ forks: 0, visible: ["one", "one"] });
});
