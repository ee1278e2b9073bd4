import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Starts the built gateway; resolves when it says that it listens. `BENCH_NODE_FLAGS` are given to its node. */
export async function startProgram(stateDir) {
  const flags = (process.env.BENCH_NODE_FLAGS ?? "").split(" ").filter(Boolean);
  const started = performance.now();
  const child = spawn(process.execPath, [...flags, MAIN, "--port", "0"], {
    env: { ...process.env, SESSION_LOCK_HOME: stateDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  return {
    url: /http:\S+/.exec(line)[0],
    startedMs: performance.now() - started,
    memoryMiB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024,
    /** CPU time so far, in milliseconds; the kernel counts in hundredths of a second. */
    cpuMs: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
