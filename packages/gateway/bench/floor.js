import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { quantile } from "./timing.js";

const LINE = `${JSON.stringify({ type: "message", text: "x".repeat(500) })}\n`;

/** The median of appending one line to a file and waiting for the disk, in milliseconds. */
export function syncFloorMs(folder, count = 500) {
  const fd = openSync(path.join(folder, "floor"), "a", 0o600);
  const took = Array.from({ length: count }, () => {
    const started = performance.now();
    writeSync(fd, LINE);
    fdatasyncSync(fd);
    return performance.now() - started;
  });
  closeSync(fd);
  return quantile(took, 0.5);
}
