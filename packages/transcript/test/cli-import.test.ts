import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";
import { transcript, transcriptWith } from "./command.ts";
import { tempFolder } from "./temp-session.ts";

function sessionsFile(): string {
  const file = path.join(tempFolder(), "sessions.json");
  const records = {
    "agent:main:main": { sessionId: "s1", modelOverride: "m", updatedAt: 2 },
    "agent:helper:main": { sessionId: "s2", updatedAt: 1 },
    "agent:main:bad": { updatedAt: 3 },
  };
  writeFileSync(file, JSON.stringify(records));
  return file;
}

test("import says what it would do, does it when told to, and may be repeated", async () => {
  const file = sessionsFile();
  const store = path.join(tempFolder(), "store");

  const dry = await transcript("import", file, "--store", store);
  expect(dry).toMatchObject({ code: 65, err: "" });
  expect(dry.out.split("\n")).toEqual([
    "refused  agent:main:bad  it has no session id",
    "2 sessions to import; --apply does it, 0 known already, 1 refused",
    "",
  ]);
  expect(existsSync(store)).toBe(false);
  const done = await transcript("import", file, "--store", store, "--apply", "--json");
  const again = await transcript("import", file, "--store", store, "--apply");

  expect(JSON.parse(done.out)).toEqual({
    file,
    applied: true,
    imported: ["agent:helper:main", "agent:main:main"],
    existing: [],
    refused: [{ sessionKey: "agent:main:bad", reason: "it has no session id" }],
  });
  expect(again.out).toMatch(/^0 sessions imported, 2 known already, 1 refused$/m);
  expect(await openSessionStore(store).get("main")).toMatchObject({ sessionId: "s1", modelOverride: "m" });
});

test("without a store each session goes to that of its agent", async () => {
  const home = tempFolder();

  await transcriptWith({ SESSION_LOCK_HOME: home }, "import", sessionsFile(), "--apply");

  const agents = path.join(home, "agents");
  const main = await openSessionStore(path.join(agents, "main", "sessions")).list();
  const helper = await openSessionStore(path.join(agents, "helper", "sessions")).list();
  expect(main.map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:main"]);
  expect(helper.map(({ sessionKey }) => sessionKey)).toEqual(["agent:helper:main"]);
});

test("what is no sessions.json is no input", async () => {
  const file = path.join(tempFolder(), "sessions.json");
  writeFileSync(file, "");

  const empty = await transcript("import", file, "--apply");

  expect(empty).toMatchObject({ code: 66, out: "" });
  expect(empty.err).toContain("is not a sessions.json");
  expect(await transcript("import", `${file}.missing`)).toMatchObject({ code: 66, out: "" });
});

test("an empty HOME puts sessions nowhere, and import says what to set", async () => {
  const result = await transcriptWith({ HOME: "", SESSION_LOCK_HOME: "" }, "import", sessionsFile());

  expect(result).toMatchObject({ code: 1, out: "" });
  expect(result.err).toContain("set HOME or SESSION_LOCK_HOME to a folder");
});
