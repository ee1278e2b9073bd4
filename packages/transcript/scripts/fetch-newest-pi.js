// node scripts/fetch-newest-pi.js: puts pi 1.5.2's session manager where the tests and the bench look for it.
//
// The package does not install as a dependency wherever a registry lacks parts of its tree, so it is fetched alone, with the
// two functions of pi-ai that its session manager calls. Without it the tests and the bench do with the other versions.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = "1.5.2";
const SCOPE = "@earendil-works";
const cache = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(path.join(cache, "fetching-"));
const modules = path.join(folder, "node_modules");
try {
  for (const name of ["pi-coding-agent", "pi-ai"]) {
    const target = path.join(modules, SCOPE, name);
    mkdirSync(target, { recursive: true });
    const packed = execFileSync("npm", ["pack", "--silent", `${SCOPE}/${name}@${VERSION}`], {
      cwd: target,
      encoding: "utf8",
      timeout: 300_000,
    }).trim();
    execFileSync("tar", ["-xzf", packed, "--strip-components=1"], { cwd: target });
    rmSync(path.join(target, packed));
  }
  // The rest of pi-ai needs the clients of all providers.
  addModule(path.join(SCOPE, "pi-ai"), [
    'export { getCurrentSystemMessage } from "./dist/utils/transcript.js";',
    'export { uuidv7 } from "./dist/utils/uuid.js";',
  ]);
  // Starting other programs is no part of a session.
  addModule("cross-spawn", ['export { spawn as default } from "node:child_process";']);
  const place = path.join(cache, `pi-${VERSION}`);
  rmSync(place, { recursive: true, force: true });
  renameSync(folder, place);
  console.log(`pi ${VERSION} is in ${path.relative(process.cwd(), place)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function addModule(name, lines) {
  const target = path.join(modules, name);
  mkdirSync(target, { recursive: true });
  writeFileSync(
    path.join(target, "package.json"),
    JSON.stringify({ name, type: "module", main: "./entry.js" }),
  );
  writeFileSync(path.join(target, "entry.js"), `${lines.join("\n")}\n`);
}
