import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { GatewaySocket } from "../web/gateway-socket.ts";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** The built gateway, run as a user runs it: one process, one folder of state. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly stateDir: string;
  /** Ends the process with no chance to tidy up. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same state. */
  restart(): Promise<void>;
  /** Adds notes to the first session, as another program would. */
  inject(notes: readonly string[]): Promise<void>;
  /** What the one transcript of the state folder says, as `author: text`, after checking that it is a single chain. */
  transcript(): Promise<readonly string[]>;
}

export async function startGatewayProcess(
  options: { readonly token?: string } = {},
): Promise<GatewayProcess> {
  const stateDir = await mkdtemp(join(tmpdir(), "session-gateway-"));
  const env = { ...process.env, SESSION_LOCK_HOME: stateDir, SESSION_LOCK_TOKEN: options.token ?? "" };
  let running = await launch("0", env);
  const { url } = running;
  const kill = async (): Promise<void> => {
    running.child.kill("SIGKILL");
    await running.exited;
  };
  return {
    url,
    stateDir,
    kill,
    async restart() {
      running = await launch(new URL(url).port, env);
    },
    inject: (notes) => inject(url, notes),
    transcript: () => readTranscript(stateDir),
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

async function launch(port: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [MAIN, "--port", port], { env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const complaints: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => complaints.push(text));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return { child, exited, url };
  }
  throw new Error(`The gateway ended before it listened. Is the package built? ${complaints.join("")}`);
}

async function inject(url: string, notes: readonly string[]): Promise<void> {
  const socket = await new Promise<GatewaySocket>((online) => {
    const connecting: GatewaySocket = new GatewaySocket({
      url: url.replace("http:", "ws:"),
      token: () => undefined,
      onConnection: ({ kind }) => kind === "online" && online(connecting),
      onEvent: () => undefined,
      onGap: () => undefined,
    });
    connecting.connect();
  });
  for (const message of notes) await socket.request("chat.inject", { sessionKey: "main", message });
  socket.close();
}

/** One line of a transcript, as far as these tests look. */
interface Line {
  readonly type: string;
  readonly id: string;
  readonly parentId?: string | null;
  readonly message?: { readonly role: string; readonly model?: string; readonly content: readonly Block[] };
}

interface Block {
  readonly text: string;
}

async function readTranscript(stateDir: string): Promise<readonly string[]> {
  const names = await readdir(stateDir, { recursive: true });
  const [file, ...others] = names.filter((name) => name.endsWith(".jsonl"));
  if (file === undefined || others.length > 0) throw new Error(`Not one transcript but: ${names.join(", ")}`);
  const text = await readFile(join(stateDir, file), "utf8");
  const [header, ...entries] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  if (header?.type !== "session") throw new Error("The transcript does not begin with its header.");
  entries.reduce<string | null>((leaf, entry) => {
    if (entry.parentId !== leaf) throw new Error(`The transcript forks at ${entry.id}.`);
    return entry.id;
  }, null);
  return entries.flatMap(({ message }) => {
    if (message === undefined) return [];
    const said = message.content.map((block) => block.text).join("");
    // A stopped answer may end in a blank, which the page, laying out its Markdown, has no use for.
    return [`${message.role}: ${message.role === "assistant" ? said.trimEnd() : said}`];
  });
}
