import { appendAssistantMessageToSessionTranscript, openTranscript } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner, type Conductor } from "./scripted-runner.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { forkPoints, readEntries, sessionFileOf, textOf } from "./transcript-file.ts";
import { watchTranscript } from "./transcript-watcher.ts";

const PHASES = 5;

/** One step of a run that uses its tools all the time: what it does before the next notes come. */
function step(run: Conductor, phase: number): void {
  const ids = [`first-${phase}`, `second-${phase}`];
  run.say(`Step ${phase}. `);
  run.tell({ type: "tool-calls", calls: ids.map((id) => ({ id, name: "look", arguments: {} })) });
}

function endStep(run: Conductor, phase: number): void {
  for (const id of [`second-${phase}`, `first-${phase}`]) {
    run.tell({ type: "tool-result", toolCallId: id, text: "seen", isError: false });
  }
}

test.each(Array.from({ length: 10 }, (_item, index) => index + 1))(
  "20 notes and 5 mirrors during a run that calls tools are all on the branch, valid at every moment (%i of 10)",
  async () => {
    await using dir = await temporaryStateDir();
    const runner = new ScriptedRunner();
    await using gateway = await startTestGateway(dir.path, { runner });
    await using client = await TestClient.connect(gateway.url, { caps: ["tool-events"] });
    const sessionKey = "agent:main:main";
    const storePath = storePathOf(dir.path);

    await client.send("main", "go", "run-1");
    const run = await runner.started("run-1");
    const file = await sessionFileOf(dir.path, sessionKey);
    const terminal = client.terminal("run-1");
    const watching = watchTranscript(file, terminal);
    const writes: Promise<object>[] = [];
    for (let phase = 0; phase < PHASES; phase += 1) {
      step(run, phase);
      // Its tools work from here on; the notes come before, beside and after their results.
      await client.event("agent", (payload) => JSON.stringify(payload).includes(`"first-${phase}"`));
      const notes = [0, 1, 2, 3].map((n) => `note ${phase}.${n}`);
      const inject = (message: string): Promise<object> =>
        client.request("chat.inject", { sessionKey: "main", message });
      writes.push(...notes.slice(0, 2).map(inject));
      const text = `mirror ${phase}`;
      writes.push(
        appendAssistantMessageToSessionTranscript({ sessionKey, text, storePath, idempotencyKey: text }),
      );
      await Promise.all(writes);
      endStep(run, phase);
      writes.push(...notes.slice(2).map(inject));
    }
    const acknowledged = await Promise.all(writes);
    run.say("All done.");
    run.finish();
    const final = await terminal;
    const { looks, faults } = await watching;

    expect(acknowledged).toHaveLength(25);
    expect(acknowledged.map((write) => "ok" in write && write.ok)).toEqual(acknowledged.map(() => true));
    expect(faults).toEqual([]);
    expect(looks).toBeGreaterThan(PHASES);
    expect(forkPoints(await readEntries(file))).toEqual([]);
    await using transcript = await openTranscript(file);
    const messages = (await transcript.branch()).flatMap((entry) =>
      entry.type === "message" ? [entry.message] : [],
    );
    const texts = messages.map(textOf);
    const expected = Array.from({ length: PHASES }, (_item, phase) => [
      ...[0, 1, 2, 3].map((n) => `note ${phase}.${n}`),
      ...[`mirror ${phase}`, `Step ${phase}. `, "seen", "seen"],
    ]).flat();
    expect(texts.toSorted()).toEqual(["go", ...expected, "All done."].toSorted());
    expect(final).toMatchObject({ state: "final", message: { content: [{ text: "All done." }] } });
    expect(client.chatsOf("run-1").filter((event) => event.state !== "delta")).toEqual([final]);
    const history = await client.request("chat.history", { sessionKey: "main", limit: 1000 });
    expect(history).toMatchObject({ totalMessages: texts.length });
  },
);
