// What becomes of long output: of a reader who is slow or gone, of a disk that refuses it, and of a user who has enough.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../src/cli/run.ts";
import { transcript } from "./command.ts";
import { calling, chain, chat, linesOf, result, sessionFile, user } from "./session-lines.ts";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

function longSession(bytes = 100_000): string {
  const said = Array.from({ length: 20 }, () => ({ type: "message", message: user("x".repeat(bytes)) }));
  return sessionFile(linesOf(chain(...said)));
}

test.each(["tail", "tail --json", "export", "export --format html", "export --json", "show --json"])(
  "%s prints no more than its reader takes",
  async (command) => {
    const stop = new AbortController();
    const printed: string[] = [];
    let isStuck = true;
    let takeMore: () => void = () => undefined;
    const print = (text: string) => {
      printed.push(text);
      return new Promise<void>((resolve) => {
        takeMore = resolve;
        if (!isStuck) resolve();
      });
    };
    const quiet = { out: () => undefined, err: () => undefined, colours: false, progress: undefined };
    const argv = [...command.split(" "), longSession()];

    const ended = runCommand(argv, { ...quiet, print, stop: stop.signal });
    await expect.poll(() => printed).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    const whileStuck = printed.length;
    takeMore();
    await expect.poll(() => printed).toHaveLength(2);
    isStuck = false;
    stop.abort("SIGINT");
    takeMore();

    expect(whileStuck).toBe(1);
    expect(await ended).toBe(command.startsWith("tail") ? 130 : 0);
  },
);

test.each(["repair", "repair --json"])(
  "%s tells in pieces what it would do, as a file of noise has more to mend than one string holds",
  async (command) => {
    const file = sessionFile(`${linesOf(chat(user()))}${"x\n".repeat(10_000)}`);
    const printed: string[] = [];
    const print = (text: string) => Promise.resolve(void printed.push(text));
    const terminal = { out: () => undefined, err: () => undefined, colours: false, progress: undefined };
    const stop = new AbortController().signal;

    const code = await runCommand([...command.split(" "), file], { ...terminal, print, stop });

    expect(code).toBe(65);
    expect(printed.length).toBeGreaterThan(1);
    expect(printed.join("").match(/F2/g)).toHaveLength(10_000);
  },
);

test.each(["show", "export"])(
  "%s ends at once when the user has enough, whatever it is doing",
  async (command) => {
    const child = spawn(process.execPath, [MAIN, command, longSession(1_000_000)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "readable");

    child.kill("SIGINT");

    expect(await ended).toEqual([null, "SIGINT"]);
  },
);

test("output that cannot be written is a failure, and is told", async () => {
  const file = longSession();
  // Standard output is open for reading only.
  const child = spawn("sh", ["-c", 'exec "$@" 1<"$0"', file, process.execPath, MAIN, "export", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: Buffer[] = [];
  child.stderr.on("data", (bytes: Buffer) => said.push(bytes));

  expect(await once(child, "close")).toEqual([1, null]);
  expect(Buffer.concat(said).toString()).toMatch(/^transcript: cannot write the output: E/);
});

test("what is nested deeper than JSON.stringify goes is printed as it is", async () => {
  const depth = 20_000;
  const data = `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const deep = `{"type":"custom","customType":"t","data":${data},"id":"d","parentId":"e1","timestamp":"2026-01-01T00:00:00.000Z"}`;
  const file = sessionFile(`${linesOf(chain({ type: "message", message: user() }))}${deep}\n`);

  const shown = await transcript("show", file, "--json");
  const exported = await transcript("export", file, "--json");

  expect([shown.code, exported.code]).toEqual([0, 0]);
  expect(shown.out).toContain(data);
  expect(exported.out).toContain(data);
});

test("an exported tool result with a million backticks is fenced", async () => {
  const said = "`a".repeat(1_000_000);
  const file = sessionFile(linesOf(chat(user(), calling("c"), result("c", said))));

  const { code, out } = await transcript("export", file);

  expect(code).toBe(0);
  expect(out).toContain(`\n\`\`\`\n${said}\n\`\`\`\n`);
});

test("what is taken out of an exported tool result does not end its fence", async () => {
  const file = sessionFile(linesOf(chat(user(), calling("c"), result("c", "``\u0007`\n# free"))));

  const { out } = await transcript("export", file);

  expect(out).toContain("\n````\n```\n# free\n````\n");
});

test("a session in which very many entries hang below one is drawn", async () => {
  const [first = {}, second = {}] = chat(user("one"), user("two"));
  const many = Array.from({ length: 200_000 }, (_, at) => ({ ...second, id: `c${at}` }));
  const file = sessionFile(linesOf([first, ...many]));

  const { code, out } = await transcript("show", file);

  expect(code).toBe(0);
  expect(out.split("\n")).toHaveLength(200_004);
});
