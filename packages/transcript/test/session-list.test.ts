import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SessionManager as Pi } from "@earendil-works/pi-coding-agent";
import { afterEach, expect, test, vi } from "vitest";
import { SessionManager } from "../src/index.ts";
import type { SessionInfo } from "../src/index.ts";
import { assistant, chain, chat, header, user } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

afterEach(() => vi.unstubAllEnvs());

function write(folder: string, name: string, head: object, entries: readonly object[]): string {
  const file = path.join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, [head, ...entries].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

const LONG_AGO = user("long ago", { timestamp: 1_000 });
const LATELY = user("lately", { timestamp: 2_000_000_000_000 });

test("sessions are listed with the one written last first, as pi 0.87.1 lists them", async () => {
  const folder = tempFolder();
  const named = [
    ...chat(LONG_AGO, assistant("an answer", { timestamp: 5_000 })),
    {
      type: "session_info",
      id: "n",
      parentId: "e2",
      timestamp: "2026-01-02T03:04:09.000Z",
      name: " a name ",
    },
  ];
  write(folder, "a.jsonl", header({ id: "aaa", parentSession: "/parent.jsonl" }), named);
  write(folder, "b.jsonl", header({ id: "bbb" }), chat(LATELY));
  write(folder, "c.jsonl", header({ id: "ccc" }), chain({ type: "custom", customType: "x" }));
  write(folder, "d.jsonl", header({ id: "ddd", cwd: "/other" }), chat(LATELY));
  writeFileSync(path.join(folder, "e.jsonl"), "not a session\n");
  writeFileSync(path.join(folder, "f.txt"), "not even named like one\n");
  mkdirSync(path.join(folder, "g.jsonl"));

  const ours = await SessionManager.list("/w", folder);

  expect(ours.map(({ id }) => id)).toEqual(["bbb", "ccc", "aaa"]);
  expect(ours).toEqual(withoutUndefined(await Pi.list("/w", folder)));
  expect(ours.at(-1)).toMatchObject({ name: "a name", messageCount: 2, firstMessage: "long ago" });
  expect((await SessionManager.listAll(folder)).map(({ id }) => id)).toEqual(["ddd", "bbb", "ccc", "aaa"]);
});

test("a list tells how far it is and shows what it has, and stops when it is told to", async () => {
  const folder = tempFolder();
  for (let at = 0; at < 12; at += 1) write(folder, `${at}.jsonl`, header({ id: `s${at}` }), chat(LATELY));
  const heard: (readonly [number, number, number | undefined])[] = [];
  const stop = new AbortController();

  await SessionManager.list("/w", folder, (...[loaded, total, sessions]) => {
    heard.push([loaded, total, sessions?.length]);
  });
  const stopped = SessionManager.listAll(folder, () => stop.abort(new Error("enough")), stop.signal);

  await expect(stopped).rejects.toThrow("enough");
  expect(heard.filter(([, , shown]) => shown !== undefined)).toEqual([
    [1, 12, 1],
    [10, 12, 10],
    [12, 12, 12],
  ]);
  expect(heard).toHaveLength(12);
});

test("all sessions of pi's folder are listed, and there are none where there is no folder", async () => {
  vi.stubEnv("PI_CODING_AGENT_DIR", tempFolder());
  expect(await SessionManager.listAll()).toEqual([]);
  expect(await SessionManager.list("/w")).toEqual([]);
  const one = SessionManager.create("/w").getSessionDir();
  const other = SessionManager.create("/v").getSessionDir();
  write(one, "a.jsonl", header({ id: "aaa", cwd: "/moved" }), chat(LONG_AGO));
  write(other, "b.jsonl", header({ id: "bbb" }), chat(LATELY));
  const seen: (SessionInfo[] | undefined)[] = [];

  const all = await SessionManager.listAll((_, __, sessions) => seen.push(sessions));

  expect(all.map(({ id }) => id)).toEqual(["bbb", "aaa"]);
  expect(seen.at(-1)).toEqual(all);
  expect((await SessionManager.list("/w")).map(({ id }) => id)).toEqual(["aaa"]);
});

test("a session is found by its exact id, by its header alone", () => {
  const folder = tempFolder();
  const file = write(folder, "a.jsonl", header({ id: "aaa" }), []);
  write(folder, "b.jsonl", header({ id: "other", cwd: "/other" }), []);
  writeFileSync(path.join(folder, "c.jsonl"), '{"type":"session","id":"torn');

  expect(SessionManager.findById("/w", "aaa", folder)).toBe(file);
  expect(SessionManager.findById("/w", "aa", folder)).toBeUndefined();
  expect(SessionManager.findById("/w", "other", folder)).toBeUndefined();
  expect(SessionManager.findById("/w", "aaa", path.join(folder, "missing"))).toBeUndefined();
});

test("the session to continue is the one of this working folder that was written last", () => {
  const folder = tempFolder();
  const file = write(folder, "a.jsonl", header({ id: "aaa" }), []);
  const newer = write(folder, "b.jsonl", header({ id: "bbb", cwd: "/other" }), []);
  utimesSync(file, 1, 1);
  utimesSync(newer, 2, 2);

  expect(SessionManager.continueRecent("/w", folder).getSessionId()).toBe("aaa");
  expect(SessionManager.continueRecent("/other", folder).getSessionId()).toBe("bbb");
  expect(SessionManager.continueRecent("/nowhere", folder).getEntries()).toEqual([]);
});

function withoutUndefined(sessions: readonly object[]): object[] {
  return sessions.map((session) =>
    Object.fromEntries(Object.entries(session).filter(([, value]) => value !== undefined)),
  );
}

test.each<readonly [string, object]>([
  ["no cwd", { cwd: undefined }],
  ["a cwd that is a number", { cwd: 5 }],
])("a session whose header has %s is of no working folder, and hides none beside it", async (_, fields) => {
  const folder = tempFolder();
  const other = write(folder, "a.jsonl", header({ id: "aaa", cwd: "/w" }), chat(LATELY));
  const file = write(folder, "b.jsonl", header({ id: "bbb", ...fields }), chat(LATELY));
  utimesSync(other, 1_000, 1_000);
  const session = SessionManager.open(file);

  expect([session.getCwd(), session.usesDefaultSessionDir()]).toEqual([process.cwd(), false]);
  expect(SessionManager.open(file, undefined, "/v").getCwd()).toBe("/v");
  expect(SessionManager.continueRecent("/w", folder).getSessionFile()).toBe(other);
  expect(SessionManager.findById("/w", "bbb", folder)).toBeUndefined();
  expect(SessionManager.findById("/w", "aaa", folder)).toBe(other);
  expect(await SessionManager.listAll(folder)).toMatchObject([{ cwd: "" }, { cwd: "/w" }]);
});

test("a link that leads to itself is passed by, as a session and as a folder of sessions", async () => {
  const agent = tempFolder();
  vi.stubEnv("PI_CODING_AGENT_DIR", agent);
  const folder = SessionManager.create("/w").getSessionDir();
  const file = write(folder, "a.jsonl", header({ id: "aaa" }), chat(LATELY));
  symlinkSync("x.jsonl", path.join(folder, "x.jsonl"));
  symlinkSync("loop", path.join(path.dirname(folder), "loop"));

  expect(SessionManager.continueRecent("/w").getSessionFile()).toBe(file);
  expect((await SessionManager.listAll()).map(({ id }) => id)).toEqual(["aaa"]);
});

test("a folder that cannot be looked into hides no other from a list, and is told of by code where one session is wanted", async () => {
  const agent = tempFolder();
  vi.stubEnv("PI_CODING_AGENT_DIR", agent);
  const deep = `/${"folder/".repeat(60)}`;
  const file = write(
    SessionManager.create("/w").getSessionDir(),
    "a.jsonl",
    header({ id: "aaa" }),
    chat(LATELY),
  );
  const refused = { name: "TranscriptError", code: "IO" };

  expect(SessionManager.findById(deep, "aaa")).toBeUndefined();
  expect(await SessionManager.list("/w\0")).toEqual([]);
  expect(() => SessionManager.findById("/w\0", "aaa")).toThrow(expect.objectContaining(refused));
  expect(() => SessionManager.continueRecent("/w\0")).toThrow(expect.objectContaining(refused));
  expect((await SessionManager.listAll()).map(({ path: at }) => at)).toEqual([file]);
  rmSync(path.join(agent, "sessions"), { recursive: true });
  writeFileSync(path.join(agent, "sessions"), "no folder");
  expect(await SessionManager.listAll()).toEqual([]);
});
