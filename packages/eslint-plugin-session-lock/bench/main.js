// What the plugin costs, in milliseconds of its own rules: on a tree of published packages, by
// whether a file mentions the API, and on one bundle of more than 6 MB that does.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { Linter } from "eslint";
import sessionLock from "eslint-plugin-session-lock";

const require = createRequire(import.meta.url);
const use = `
import { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
export const save = (file, message) => withSessionWriteLock(file, () => SessionManager.open(file).appendMessage(message));
export const forget = (file, message) => SessionManager.open(file).appendMessage(message);
`;

const packages = [
  fileURLToPath(import.meta.resolve("@mariozechner/pi-coding-agent")),
  require.resolve("eslint"),
  require.resolve("@typescript-eslint/parser"),
  require.resolve("fast-check"),
].map((entry) => packageOf(entry));

let spent = 0;
const timed = Object.fromEntries(
  Object.entries(sessionLock.rules).map(([name, rule]) => [name, timeRule(rule)]),
);
const files = [...new Set(packages)].flatMap((folder) => [...scripts(folder)]).slice(0, 3_000);
const silent = [];
const speaking = [];
let whole = 0;
for (const file of files) {
  const code = readFileSync(file, "utf8");
  if (code.length > 1_000_000) continue;
  const cost = measure(code);
  whole += cost.whole;
  (/SessionManager|session-lock/.test(code) ? speaking : silent).push(cost.rules);
}
const bundle = readFileSync(require.resolve("typescript/lib/_tsc.js"), "utf8") + use;
const big = measure(bundle);

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const at = (numbers, share) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)] ?? 0;
const row = (what, figure) => console.log(`${what.padEnd(58)} ${figure}`);
row("files", files.length);
row("files that do not mention the API: mean ms", (sum(silent) / silent.length).toFixed(4));
row(
  `files that do (${speaking.length}): median, p95, worst ms`,
  [0.5, 0.95, 1]
    .map((share) => at([...speaking, Infinity].slice(0, -1), Math.min(share, 0.9999)).toFixed(2))
    .join("  "),
);
row("share of ESLint's whole time", `${((100 * (sum(silent) + sum(speaking))) / whole).toFixed(2)} %`);
row(
  `a bundle of ${(bundle.length / 1e6).toFixed(1)} MB: ms over parse (${big.parse.toFixed(0)} ms)`,
  big.rules.toFixed(0),
);

/** Lints once without rules, once with them; the rules' own share is timed inside. */
function measure(code) {
  const parse = timeOf(() => lint(code, {}));
  spent = 0;
  const whole = timeOf(() => lint(code, sessionLock.configs.strict.rules));
  return { parse, whole, rules: spent };
}

function lint(code, rules) {
  new Linter().verify(
    code,
    {
      plugins: { "session-lock": { rules: timed } },
      rules,
      linterOptions: { reportUnusedDisableDirectives: "off" },
      languageOptions: { ecmaVersion: "latest", sourceType: "module" },
    },
    { filename: "file.js", allowInlineConfig: false },
  );
}

function timeRule(rule) {
  return {
    ...rule,
    create: (context) => {
      const listeners = rule.create(context);
      return { "Program:exit": () => (spent += timeOf(listeners["Program:exit"])) };
    },
  };
}

function timeOf(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function* scripts(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* scripts(file);
    else if (/\.[cm]?js$/.test(entry.name)) yield file;
  }
}

function packageOf(entry) {
  let folder = path.dirname(entry);
  while (
    path.basename(path.dirname(folder)) !== "node_modules" &&
    !path.basename(path.dirname(folder)).startsWith("@")
  ) {
    folder = path.dirname(folder);
  }
  return folder;
}
