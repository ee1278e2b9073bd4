import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { main, run, runWith } from "./support/cli.ts";
import { Driver, preloading } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe("session-lock why", () => {
  test("says in one sentence that a session is free, and exits 0", async () => {
    const sessionFile = tempSession();

    const { code, out } = await run("why", sessionFile);

    expect({ code, out }).toEqual({ code: 0, out: `${sessionFile} is free: nobody holds its write lock.` });
  });

  test.each(["kernel", "lockfile"] as const)(
    "names holder and waiters, and exits 75 (%s)",
    async (engine) => {
      const sessionFile = tempSession();
      await using holder = await Driver.start();
      await using waiter = await Driver.start();
      await holder.ask("acquire", { sessionFile, engine, purpose: "a long append" });
      const waiting = waiter.ask("acquire", { sessionFile, engine });
      await until(async () => (await run("why", sessionFile)).out.includes(String(waiter.pid)));

      const { code, out } = await run("why", sessionFile);

      expect(code).toBe(75);
      expect(out).toMatch(
        new RegExp(
          `is held by process ${holder.pid} on \\S+ for \\S+ \\(a long append\\); process ${waiter.pid} waits\\.$`,
        ),
      );
      await holder.ask("release");
      await waiting;
    },
  );
});

describe("session-lock ls", () => {
  test("prints a table without colours, or JSON", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile });
    const folder = path.dirname(sessionFile);

    const text = await run("ls", folder);
    const json = await run("ls", folder, "--json");

    expect(text.out).toMatch(/^STATE +PID/);
    expect(text.out).toContain(`held   ${holder.pid}`);
    expect(text.out).not.toContain("\u001b[");
    expect(JSON.parse(json.out)).toMatchObject([{ sessionFile, state: "held", holder: { pid: holder.pid } }]);
  });
});

describe("session-lock ls of one session", () => {
  test.each(["kernel", "lockfile"] as const)("takes the session file or its lock (%s)", async (engine) => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine });

    for (const subject of [sessionFile, `${sessionFile}.lock`]) {
      const { code, out } = await run("ls", subject, "--json");
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject([{ sessionFile, state: "held", engine }]);
    }
  });

  test.each(["kernel", "lockfile"] as const)("as why and break do (%s)", async (engine) => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine });

    const why = await run("why", `${sessionFile}.lock`);
    const broken = await run("break", `${sessionFile}.lock`, "--reason", "stuck", "--force");

    expect([why.code, broken.code]).toEqual([75, 0]);
    expect(why.out).toContain(`${sessionFile} is held by process ${holder.pid}`);
  });

  test("takes one that nobody has locked, and none that is not there", async () => {
    const sessionFile = tempSession();
    expect((await run("ls", sessionFile)).code).toBe(64);
    writeFileSync(sessionFile, "");

    expect(JSON.parse((await run("ls", sessionFile, "--json")).out)).toMatchObject([{ state: "free" }]);
  });
});

describe("text of another process", () => {
  test("cannot colour, move or break the lines that are printed", async () => {
    const sessionFile = tempSession("a\u001b[2Jb\nc.jsonl");
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, purpose: "\u001b[31mred\r\nx is free\u009b\u202e\u2028" });

    const outputs = await Promise.all([
      run("why", sessionFile),
      run("ls", path.dirname(sessionFile)),
      run("break", sessionFile, "--reason", "stuck"),
      run("clean", path.dirname(sessionFile)),
      run("why", path.join(sessionFile, "x")),
    ]);

    for (const { out, err } of outputs)
      expect(`${out}${err}`.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(outputs[0].out).toContain("(\\u001b[31mred\\u000d\\u000ax is free\\u009b\\u202e\\u2028)");
    expect(outputs.map(({ out, err }) => `${out}${err}`.split("\n").length)).toEqual([1, 2, 1, 1, 1]);
  });
});

describe("session-lock break", () => {
  test("needs a reason, refuses a live local holder with 75, and breaks it with --force", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile });

    expect((await run("break", sessionFile)).code).toBe(64);
    expect((await run("break", sessionFile, "--force", "--reason", " ")).code).toBe(64);
    const refused = await run("break", sessionFile, "--reason", "stuck");
    expect(refused).toMatchObject({ code: 75, out: expect.stringContaining("--force") as string });
    await expect(holder.ask("assertHeld")).resolves.toEqual({ held: true });
    const broken = await run("break", sessionFile, "--reason", "stuck", "--force", "--json");
    expect(broken.code).toBe(0);
    expect(JSON.parse(broken.out)).toMatchObject({ outcome: "broken" });
    await expect(holder.ask("assertHeld")).rejects.toMatchObject({ code: "LOST" });
  });

  test("does not advise --force to who gave it", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine: "kernel" });

    const args = ["break", sessionFile, "--reason", "stuck", "--force"];
    const { code, out } = await runWith(preloading("without-addon.js"), ...args);

    expect(code).toBe(75);
    expect(out).toContain("It was not broken: it has just changed hands, or cannot be broken from here");
    expect(out).not.toContain("--force");
  });
});

describe("session-lock", () => {
  test("prints its help on --help and exits 0", async () => {
    expect(await run("--help")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^session-lock: /) as string,
    });
  });

  test("prints the version of the package on --version", async () => {
    const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { readonly version: string };

    expect(await run("--version")).toMatchObject({ code: 0, out: version });
  });

  test.each([
    [[]],
    [["dance", "x"]],
    [["why"]],
    [["clean", ""]],
    [["ls", "/nonexistent"]],
    [["why", "a", "b"]],
    [["ls", "--loud"]],
    [["clean", ".", "--force"]],
    [["why", "a", "--reason", "it hangs"]],
  ])("exits 64 and shows its help on %j", async (args) => {
    expect(await run(...args)).toMatchObject({
      code: 64,
      err: expect.stringContaining("exit codes:") as string,
    });
  });

  test.each([[["dance"]], [["dance", "x"]], [["dance", "x", "y"]], [["dance", "--force"]]])(
    "says of %j that there is no such command",
    async (args) => {
      expect(await run(...args)).toMatchObject({
        code: 64,
        err: expect.stringMatching(/^session-lock: there is no command "dance"\n/) as string,
      });
    },
  );

  test("exits 1 with the reason when the system fails", async () => {
    expect(await run("why", "/nonexistent/session.jsonl")).toMatchObject({
      code: 1,
      err: expect.stringContaining("create it first") as string,
    });
  });

  test("exits 1 and tells in one line why when its output cannot be written", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "");
    // Standard output is open for reading only.
    const argv = ["-c", 'exec "$@" 1<"$0"', sessionFile, process.execPath, main, "why", sessionFile];
    const child = spawn("sh", argv, { stdio: ["ignore", "ignore", "pipe"] });
    const said: Buffer[] = [];
    child.stderr.on("data", (bytes: Buffer) => said.push(bytes));

    expect(await once(child, "close")).toEqual([1, null]);
    expect(Buffer.concat(said).toString()).toMatch(/^session-lock: cannot write the output: E.*\n$/);
  });
});
