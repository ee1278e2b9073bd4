// npm start: installs and builds what is missing, then serves the gateway under the pinned Node.
// The gateway is started directly, not through npx and pnpm, so that one signal reaches it and one exit code comes back.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { followChild, spawnPnpm } from "./pnpm.js";

const gateway = fileURLToPath(new URL("../packages/gateway/dist/main.js", import.meta.url));

const notice = setTimeout(
  () => console.error("Installing and building; the first time takes a minute…"),
  6_000,
);
const output = await run(["--silent", "run", "prepare-start"]);
clearTimeout(notice);
const pinnedNode = output.trimEnd().split("\n").at(-1);
const served = spawn(pinnedNode, [gateway, ...process.argv.slice(2)], { stdio: "inherit" });
followChild(served);
// npm hands a SIGTERM to its shell only, and the shell dies without a word: whoever loses its parent stops.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && served.kill("SIGTERM"), 250).unref();

/** Runs pnpm quietly and resolves to its standard output; a failure prints everything and ends this process. */
async function run(args) {
  const child = spawnPnpm(args, { stdio: ["ignore", "pipe", "pipe"] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code === 0) return await stdout;
  process.stderr.write((await stdout) + (await stderr));
  console.error(`npm start stopped: "pnpm ${args.join(" ")}" ended with ${code}.`);
  process.exit(1);
}

async function collect(stream) {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
