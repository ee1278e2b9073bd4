import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { expect, test, vi } from "vitest";
import { appendAssistantMessageToSessionTranscript, openSessionStore, openTranscript } from "../src/index.ts";
import { AppendQueue } from "../src/append/append-queue.ts";
import { SYSTEM_DISK } from "../src/file/disk.ts";
import { draftMessage } from "../src/append/draft.ts";
import { newHeader } from "../src/file/header.ts";
import { boundCheck } from "../src/store/bound-check.ts";
import { assertBound } from "../src/store/session-binding.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { assistantMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const sessionKey = "agent:main:main";
const ROUNDS = Number(process.env["TRANSCRIPT_REBIND_ROUNDS"] ?? 20);

test("what was acknowledged for a key is in a session that the key stood for, whoever deletes and rebinds it meanwhile", async () => {
  const storePath = tempFolder();
  const mirrors = ["a", "b"].map((name) => startWorker("mirror.js", [storePath, sessionKey, name, "6"]));
  await Promise.all(mirrors.map((mirror) => mirror.next()));

  const left = parsed<{ file: string; size: number }>(
    await startWorker("rebind.js", [storePath, sessionKey, String(ROUNDS), "3000"]).rest(),
  );
  for (const mirror of mirrors) mirror.end();
  const said = await Promise.all(mirrors.map((mirror) => mirror.rest()));
  const acknowledged = parsed<{ text: string; file: string }>(said.flat());

  expect(left).toHaveLength(ROUNDS);
  // Not one byte came to a transcript after its key was taken from it.
  expect(left.map(({ file }) => statSync(file).size)).toEqual(left.map(({ size }) => size));
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  const found = transcriptsOf(storePath).flatMap((file) =>
    readRaw(file).visible.map((text) => ({ text, file })),
  );
  expect(sorted(found)).toEqual(sorted(acknowledged));
});

test("a transcript that is bound to a key refuses to write once the key is another session's, or nobody's", async () => {
  const storePath = tempFolder();
  const store = openSessionStore(storePath);
  const { sessionFile, sessionId } = await store.ensure(sessionKey);
  const boundTo = { sessionKey, storePath };
  await using transcript = await openTranscript(sessionFile, { expectedSessionId: sessionId, boundTo });
  await transcript.append(assistantMessage("bound"));

  await store.update(sessionKey, () => ({ label: "same session" }));
  await transcript.append(assistantMessage("still bound"));
  await store.update(sessionKey, () => ({ sessionId: randomUUID() }));
  await expect(transcript.append(assistantMessage("late"))).rejects.toMatchObject({ code: "UNBOUND" });
  await store.update(sessionKey, () => ({ sessionId, sessionFile }));
  await transcript.append(assistantMessage("bound again"));
  await store.delete(sessionKey);
  await expect(transcript.append(assistantMessage("later"))).rejects.toMatchObject({ code: "UNBOUND" });

  expect(readRaw(sessionFile).visible).toEqual(["bound", "still bound", "bound again"]);
});

test("a key that is taken away between two appends of one hold of the lock takes no more of them", async () => {
  const storePath = tempFolder();
  const store = openSessionStore(storePath);
  const { sessionFile, sessionId } = await store.ensure(sessionKey);
  const boundTo = { sessionKey, storePath };
  await using transcript = await openTranscript(sessionFile, { expectedSessionId: sessionId, boundTo });

  await withSessionWriteLock(sessionFile, async () => {
    await transcript.append(assistantMessage("first"));
    await transcript.append(assistantMessage("second"));
    await store.update(sessionKey, () => ({ sessionId: randomUUID() }));
    await expect(transcript.append(assistantMessage("late"))).rejects.toMatchObject({ code: "UNBOUND" });
  });
  await expect(transcript.append(assistantMessage("later"))).rejects.toMatchObject({ code: "UNBOUND" });

  expect(readRaw(sessionFile).visible).toEqual(["first", "second"]);
});

test("a record is read again when another owner, a change of this process, or time may have come between", async () => {
  const storePath = tempFolder();
  const store = openSessionStore(storePath);
  const { sessionFile, sessionId } = await store.ensure(sessionKey);
  let nowMs = 0;
  const check = boundCheck({ sessionKey, storePath }, { sessionFile, sessionId }, () => nowMs);
  const unbound = /now stands for no session/;
  check(10);
  const [record] = readdirSync(storePath).filter((name) => name.endsWith(".json"));
  rmSync(path.join(storePath, record ?? ""));

  // Nobody was between 10 and 11, and nobody who knows the rules removes a record without the lock.
  check(10);
  check(11);
  expect(() => check(13)).toThrow(unbound);
  expect(() => check(13)).toThrow(unbound);
  await store.update(sessionKey, () => ({ sessionId, sessionFile }));
  check(13);
  await store.update("agent:main:other", () => ({ label: "a change" }));
  await store.delete(sessionKey);
  expect(() => check(14)).toThrow(unbound);
  await store.update(sessionKey, () => ({ sessionId, sessionFile }));
  check(15);
  rmSync(path.join(storePath, record ?? ""));
  expect(() => check()).toThrow(unbound);
  await store.update(sessionKey, () => ({ sessionId, sessionFile }));
  check(16);
  rmSync(path.join(storePath, record ?? ""));
  nowMs = 600;
  expect(() => check(17)).toThrow(unbound);
});

test("appends that wait for a full disk are for the same session too: none is accepted once its key was taken away", async () => {
  const storePath = tempFolder();
  const store = openSessionStore(storePath);
  const { sessionFile, sessionId } = await store.ensure(sessionKey);
  await (await openTranscript(sessionFile, { expectedSessionId: sessionId })).close();
  const state = { isFull: true };
  const disk = {
    ...SYSTEM_DISK,
    write(fd: number, data: Buffer | string, offset: number) {
      if (state.isFull) throw Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC" });
      return SYSTEM_DISK.write(fd, data, offset);
    },
  };
  const log =
    SessionLog.open(sessionFile) ?? SessionLog.fresh(sessionFile, newHeader({ sessionId, cwd: "/" }));
  const assertWanted = () => assertBound({ sessionKey, storePath }, { sessionFile, sessionId });
  const spillFile = `${sessionFile}.spill`;
  const queue = new AppendQueue(log, {
    durability: "fdatasync",
    disk,
    spill: { file: spillFile, takesAppends: true },
    assertWanted,
  });
  const append = (text: string) =>
    queue.append({ drafts: [draftMessage(assistantMessage(text))], expected: undefined, lock: undefined });
  const [spilled] = await append("in time");
  await store.update(sessionKey, () => ({ sessionId: "next" }));

  await expect(append("late")).rejects.toMatchObject({ code: "UNBOUND" });
  state.isFull = false;
  await using later = await openTranscript(sessionFile, { spill: true });
  await later.append(assistantMessage("home"));

  expect(spilled?.placement).toBe("spilled");
  expect(readRaw(sessionFile).visible).toEqual(["in time", "home"]);
});

test("a session that its key was taken from is not begun any more", async () => {
  const storePath = tempFolder();
  const store = openSessionStore(storePath);
  const { sessionFile } = await store.ensure(sessionKey);
  await store.delete(sessionKey);

  const opening = openTranscript(sessionFile, { boundTo: { sessionKey, storePath } });

  await expect(opening).rejects.toMatchObject({ code: "UNBOUND" });
  expect(existsSync(sessionFile)).toBe(false);
});

test("a key is taken from its transcript only when nobody writes there, and other patches do not wait for that", async () => {
  const store = openSessionStore(tempFolder());
  const { sessionFile } = await store.ensure(sessionKey);
  {
    await using lock = await acquireSessionWriteLock({ sessionFile });
    const busy = { code: "TIMEOUT", sessionFile, sameProcess: true };
    await expect(store.delete(sessionKey, { timeoutMs: 20 })).rejects.toMatchObject(busy);
    const rebinding = store.update(sessionKey, () => ({ sessionId: randomUUID() }), { timeoutMs: 20 });
    await expect(rebinding).rejects.toMatchObject(busy);
    const stop = AbortSignal.abort();
    await expect(store.delete(sessionKey, { signal: stop })).rejects.toMatchObject({ code: "ABORTED" });
    expect(await store.update(sessionKey, () => ({ label: "new" }))).toMatchObject({
      sessionFile,
      label: "new",
    });
    expect(lock.held).toBe(true);
  }

  expect(await store.delete(sessionKey)).toBe(true);
});

test("who holds the transcript's lock may rebind and delete its key", async () => {
  const store = openSessionStore(tempFolder());
  const { sessionFile } = await store.ensure(sessionKey);

  const next = await withSessionWriteLock(sessionFile, () =>
    store.update(sessionKey, () => ({ sessionId: "next" })),
  );
  const deleted = await withSessionWriteLock(next?.sessionFile ?? "", () => store.delete(sessionKey));

  expect(deleted).toBe(true);
  expect(await store.get(sessionKey)).toBeUndefined();
});

test("a mutator that rebinds is asked again under the transcript's lock, with what the record is by then", async () => {
  const store = openSessionStore(tempFolder());
  await store.ensure(sessionKey);
  const labels: unknown[] = [];

  const after = await store.update(sessionKey, (record) => {
    labels.push(record?.label);
    return { sessionId: "next", label: "once" };
  });

  expect(labels).toEqual([undefined, undefined]);
  expect(after).toMatchObject({ sessionId: "next", sessionFile: path.join(store.storePath, "next.jsonl") });
});

test("a key is not bound to a file that holds another session, or no session at all", async () => {
  const folder = tempFolder();
  const store = openSessionStore(path.join(folder, "store"));
  const record = await store.ensure(sessionKey);
  const taken = path.join(folder, "taken.jsonl");
  await (await openTranscript(taken, { create: { sessionId: "taken" } })).close();
  const notes = path.join(folder, "notes.jsonl");
  writeFileSync(notes, "just some notes\n");
  const bind = (sessionId: string, sessionFile: string) =>
    store.update(sessionKey, () => ({ sessionId, sessionFile }));

  await expect(bind("mine", taken)).rejects.toMatchObject({ code: "SESSION_MISMATCH" });
  await expect(bind("mine", notes)).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  await expect(bind("mine", folder)).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  expect(await store.get(sessionKey)).toEqual(record);

  expect(await bind("taken", taken)).toMatchObject({ sessionId: "taken", sessionFile: taken });
});

test("a key whose file has become another session's begins a new one, with a notice, and touches nothing", async () => {
  const store = openSessionStore(tempFolder());
  const { sessionId, sessionFile } = await store.ensure(sessionKey);
  await store.update(sessionKey, () => ({ modelOverride: "kept" }));
  await using other = await openTranscript(sessionFile, { create: { sessionId: "somebody-else" } });
  await other.append(assistantMessage("private"));
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();

  const fresh = await store.ensure(sessionKey);
  const again = await store.ensure(sessionKey);

  expect(fresh).toMatchObject({ modelOverride: "kept", lostSession: { sessionId, sessionFile } });
  expect([fresh.sessionId, fresh.sessionFile]).not.toContain(sessionId);
  expect(fresh.sessionFile).not.toBe(sessionFile);
  expect(again).toEqual(fresh);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(sessionFile), {
    code: "SESSION_MISMATCH",
  });
  expect(readRaw(sessionFile).visible).toEqual(["private"]);
  warn.mockRestore();
});

test.each([
  ["a folder", (file: string) => mkdirSync(file)],
  ["a link", (file: string) => symlinkSync("/nowhere", file)],
  ["a file in place of its folder", (file: string) => replaceFolder(path.dirname(file))],
  ["nothing, not even a folder", (file: string) => rmSync(path.dirname(file), { recursive: true })],
])("a key is taken from a transcript that is %s", async (_, spoil) => {
  const folder = tempFolder();
  const store = openSessionStore(path.join(folder, "store"));
  const sessionFile = path.join(folder, "elsewhere", "s.jsonl");
  mkdirSync(path.dirname(sessionFile));
  await store.update(sessionKey, () => ({ sessionId: "s", sessionFile }));
  spoil(sessionFile);

  expect(await store.update(sessionKey, () => ({ sessionId: "next" }))).toMatchObject({ sessionId: "next" });
  expect(
    await appendAssistantMessageToSessionTranscript({
      sessionKey,
      storePath: store.storePath,
      text: "in the new one",
    }),
  ).toMatchObject({ ok: true, sessionFile: path.join(store.storePath, "next.jsonl") });
  expect(await store.delete(sessionKey)).toBe(true);
});

function replaceFolder(folder: string): void {
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
}

function transcriptsOf(storePath: string): string[] {
  const names = readdirSync(storePath).filter((name) => name.endsWith(".jsonl"));
  return names.map((name) => path.join(storePath, name));
}

function parsed<T>(lines: readonly string[]): T[] {
  return lines.map((line) => JSON.parse(line) as T);
}

function sorted<T extends { readonly text: string }>(said: readonly T[]): T[] {
  return said.toSorted((a, b) => a.text.localeCompare(b.text));
}
