import { writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  buildContextEntries,
  buildSessionContext,
  buildSessionProjection,
  loadEntriesFromFile,
  migrate,
  openTranscript,
  outlineOf,
  projectContextEntry,
  repair,
  SessionManager,
  TranscriptError,
  validate,
} from "../src/index.ts";
import type { ProviderProfile, SessionEntry, Transcript } from "../src/index.ts";
import { malformedSessions } from "./arbitrary-fields.ts";
import { toHtml } from "../src/cli/html.ts";
import { toMarkdown } from "../src/cli/markdown.ts";
import { show } from "../src/cli/show.ts";
import { messageText } from "../src/outline/describe-entry.ts";
import type { Loose } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

const PROFILES: readonly ProviderProfile[] = [
  ...(["anthropic", "openai-chat", "openai-responses", "google"] as const),
  ...(["bedrock", "mistral", "strict"] as const),
];

const terminal = {
  print: () => Promise.resolve(),
  out: () => undefined,
  err: () => undefined,
  colours: false,
  progress: undefined,
  stop: new AbortController().signal,
};

/** What it throws, unless that is a refusal with a code. */
async function faultOf(name: string, run: () => unknown): Promise<string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    return error instanceof TranscriptError ? [] : [`${name}: ${String(error)}`];
  }
}

function readsOf(file: string, spare: string): Record<string, (session: SessionManager) => unknown> {
  return {
    getters: (session) => [session.getCwd(), session.getHeader(), session.usesDefaultSessionDir()],
    getEntry: (session) =>
      session.getEntries().map(({ id }) => [session.getEntry(id), session.getChildren(id)]),
    getBranch: (session) => [session.getBranch(), session.getLeafEntry(), session.getEntryCount()],
    getTree: (session) => session.getTree(),
    getLabel: (session) => [session.getLabel("e1"), session.getSessionName()],
    fields: (session) => Reflect.get(session, "fileEntries") as unknown,
    buildSessionContext: (session) => session.buildSessionContext(),
    buildSessionProjection: (session) => session.buildSessionProjection(),
    buildContextEntries: (session) => session.buildContextEntries(),
    functions: (session) => {
      const entries = session.getEntries();
      buildSessionContext(entries);
      buildSessionProjection(entries);
      buildContextEntries(entries);
      const edits = entries.filter((entry) => entry.type === "context_edit");
      for (const entry of entries) for (const edit of edits) projectContextEntry(entry, edit);
      return loadEntriesFromFile(file);
    },
    markdown: (session) => [...toMarkdown(session), ...toHtml(session)],
    show: (session) => [...show(session, false, terminal), ...show(session, true, terminal)],
    outline: (session) => outlineOf(session.getEntries(), session.getBranch()),
    createBranchedSession: (session) => session.createBranchedSession(session.getEntries().at(-1)?.id ?? ""),
    forkFrom: () => SessionManager.forkFrom(file, "/v", spare),
    continueRecent: () => SessionManager.continueRecent("/w", path.dirname(file)),
    findById: () => SessionManager.findById("/w", "s", path.dirname(file)),
    list: () => SessionManager.list("/w", path.dirname(file)),
    validate: () => validate(file, { profile: "anthropic" }),
    repair: () => repair(file),
    migrate: () => migrate(file),
  };
}

async function tailed(opened: Transcript): Promise<void> {
  const stop = new AbortController();
  const wanted = (await opened.entries()).length;
  for await (const { seq } of opened.tail({ signal: stop.signal })) if (seq === wanted) stop.abort();
}

const asksOf: Record<string, (opened: Transcript) => unknown> = {
  ...Object.fromEntries(
    PROFILES.map((profile) => [`context ${profile}`, (opened: Transcript) => opened.context(profile)]),
  ),
  tail: tailed,
  compact: (opened) =>
    opened.compact((branch) =>
      Promise.resolve({ summary: "s", firstKeptEntryId: branch.at(-1)?.id ?? "", tokensBefore: 1 }),
    ),
  closeToolCalls: (opened) => opened.closeToolCalls(),
};

function goodTexts(entries: readonly SessionEntry[]): string[] {
  const texts = entries.map((entry) => (entry.type === "message" ? messageText(entry.message) : ""));
  return texts.filter((text) => /^good \d+$/.test(text));
}

async function check(lines: readonly Loose[]): Promise<void> {
  const folder = tempFolder();
  const spare = tempFolder();
  const file = path.join(folder, "a.jsonl");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  writeFileSync(path.join(folder, "b.jsonl"), '{"type":"session","version":3,"id":"b","cwd":"/w"}\n');
  const good = (lines.length - 1) / 2;
  const faults: string[] = [];
  for (const [name, read] of Object.entries(readsOf(file, spare)))
    faults.push(...(await faultOf(name, () => read(SessionManager.open(file, spare)))));
  const listed = await SessionManager.listAll(folder);
  const entries = SessionManager.open(file).getEntries();
  await using opened = await openTranscript(file);
  for (const [name, ask] of Object.entries(asksOf)) faults.push(...(await faultOf(name, () => ask(opened))));

  expect(faults).toEqual([]);
  expect(listed.map(({ id }) => id).sort()).toEqual(["b", "s"]);
  expect(listed.find(({ id }) => id === "s")?.allMessagesText).toContain(`good ${good - 1}`);
  expect(goodTexts(entries)).toHaveLength(good);
}

test("whatever the fields of an entry hold, every reader reads on and the good entries beside it are seen", async () => {
  await fc.assert(fc.asyncProperty(malformedSessions, check), { numRuns: 100 });
});

test("what has no text of its own is told as JSON", async () => {
  const textless = { toString: 5, valueOf: null };
  const messages = [
    { role: "user", content: "good 0", timestamp: 0 },
    { role: "assistant", content: [{ type: "toolCall" }], stopReason: textless },
    { role: "user", content: "good 1", timestamp: 0 },
    { role: "user", content: [{ type: textless }], timestamp: 0 },
  ];
  const entries = messages.map((message, at) => ({
    type: "message",
    id: `e${at}`,
    parentId: at === 0 ? null : `e${at - 1}`,
    timestamp: "2026-01-02T03:04:05.000Z",
    message,
  }));

  await check([
    { type: "session", version: 3, id: "s", timestamp: "2026-01-02T03:04:05.000Z", cwd: "/w" },
    ...entries,
  ]);
});
