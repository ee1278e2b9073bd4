// Mutation check: `pnpm --filter session-lock mutation [words of a name]`. Works on a copy; exits 1 if a mutation survives.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mutations as known } from "./mutations.js";

const words = process.argv.slice(2).join(" ");
const mutations = known.filter(({ name }) => name.includes(words));
if (mutations.length === 0) throw new Error(`no mutation's name has these words: ${words}`);

const original = fileURLToPath(new URL("../../", import.meta.url));
const root = mkdtempSync(path.join(os.tmpdir(), "session-lock-mutation-"));
const copy = path.join(root, "packages", "session-lock");

try {
  prepare();
  const all = [...new Set(mutations.flatMap(({ tests }) => tests))];
  if (!passes(all)) throw new Error("the suites are red without any mutation");
  const survivors = mutations.filter((mutation) => !isCaught(mutation));
  console.log(`${mutations.length - survivors.length} of ${mutations.length} mutations are caught`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

function prepare() {
  mkdirSync(copy, { recursive: true });
  const names = ["src", "test", "package.json", "tsconfig.json", "tsdown.config.ts", "vitest.config.ts"];
  for (const name of names) cpSync(path.join(original, name), path.join(copy, name), { recursive: true });
  cpSync(path.join(original, "../../tsconfig.base.json"), path.join(root, "tsconfig.base.json"));
  symlinkSync(path.join(original, "node_modules"), path.join(copy, "node_modules"));
}

function isCaught({ name, file, find, replace, tests }) {
  const target = path.join(copy, file);
  const source = readFileSync(target, "utf8");
  if (source.split(find).length !== 2)
    throw new Error(`${name}: ${file} must contain the guard exactly once`);
  writeFileSync(
    target,
    source.replace(find, () => replace),
  );
  const caught = !passes(tests);
  writeFileSync(target, source);
  console.log(`${caught ? "caught  " : "SURVIVED"}  ${name}`);
  return caught;
}

function passes(tests) {
  run("tsdown/dist/run.mjs", ["--no-dts"]);
  return (
    run("vitest/vitest.mjs", [
      "run",
      "--bail=1",
      "--reporter=dot",
      ...tests.map((name) => `test/${name}.test.ts`),
    ]) === 0
  );
}

function run(script, args) {
  const { status, error } = spawnSync(process.execPath, [path.join(copy, "node_modules", script), ...args], {
    cwd: copy,
    stdio: "ignore",
  });
  if (error !== undefined) throw error;
  return status;
}
