// What the plugin costs in ESLint, in milliseconds of its own rules (creating them and hearing them out): on a tree of
// published packages, by whether a file mentions the API, and on one bundle of more than 6 MB that does.
// Each file is linted in several rounds; a file's cost is its median, and the first round, cold, is shown beside it.
// Two rules that do nothing run first: one warms the clock up, and what the other takes is what reading the clock takes,
// so that much is taken off for each of our rules.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import * as parser from "@typescript-eslint/parser";
import { Linter } from "eslint";
import sessionLock from "eslint-plugin-session-lock";

const require = createRequire(import.meta.url);
/** The first is cold, so the median is the middle of what the others took. */
const rounds = 5;
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

const noListeners = {};
const idle = { meta: {}, create: () => noListeners };
const spent = { warm: 0, clock: 0, rules: 0, created: 0 };
const rules = {
  warm: timeRule(idle, (took) => (spent.warm = took)),
  clock: timeRule(idle, (took) => (spent.clock = took)),
  ...mapValues(sessionLock.rules, (rule) =>
    timeRule(rule, (took) => {
      spent.rules += took;
      spent.created += 1;
    }),
  ),
};
const levels = {
  "session-lock/warm": "error",
  "session-lock/clock": "error",
  ...sessionLock.configs.strict.rules,
};
const files = [...new Set(packages)]
  .flatMap((folder) => [...scripts(folder)])
  .map((file) => ({ file, code: readFileSync(file, "utf8"), costs: [], clocks: [] }));
const total = { whole: 0, bare: 0, rules: 0 };
let first;
for (let round = 0; round < rounds; round += 1) {
  for (const { file, code, costs, clocks } of files) {
    const cost = measure(code, file);
    costs.push(cost.rules);
    clocks.push(cost.clock);
    for (const key of Object.keys(total)) total[key] += cost[key];
  }
  first ??= { ...total };
}
// Managers and locks, and what names a session file that the file system's own functions may write.
const speaking = files.filter(({ code }) =>
  /SessionManager|session-lock|[sS]essionFile|\.jsonl|transcriptPath/.test(code),
);
const silent = files.filter((file) => !speaking.includes(file));
const bundle = readFileSync(require.resolve("typescript/lib/_tsc.js"), "utf8") + use;
const big = measure(bundle, "bundle.js");

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);
const at = (numbers, share) => {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
};
const medianOf = ({ costs }) => at(costs, 0.5);
const spread = (numbers) => [0.5, 0.95, 1].map((share) => at(numbers, share).toFixed(2)).join("  ");
const row = (what, figure) => console.log(`${what.padEnd(62)} ${figure}`);
row("files", files.length);
row(
  `files that do not mention the API (${silent.length}): mean ms`,
  (sum(silent.map(medianOf)) / silent.length).toFixed(4),
);
row(
  "  reading the clock for each rule, which is taken off: mean ms",
  (sum(silent.map(({ clocks }) => at(clocks, 0.5))) / silent.length).toFixed(4),
);
row(`files that do (${speaking.length}): median, p95, worst ms`, spread(speaking.map(medianOf)));
row(
  "the same in the first round, before the code is compiled",
  spread(speaking.map(({ costs }) => costs[0])),
);
row("share of ESLint's whole time", `${((100 * total.rules) / total.whole).toFixed(2)} %`);
row("the same in the first round", `${((100 * first.rules) / first.whole).toFixed(2)} %`);
row(
  "ESLint with the rules over ESLint without (as noisy as it is)",
  `${((100 * (total.whole - total.bare)) / total.bare).toFixed(1)} %`,
);
row(
  `a bundle of ${(bundle.length / 1e6).toFixed(1)} MB: ms over parse (${big.bare.toFixed(0)} ms)`,
  big.rules.toFixed(0),
);

/** Lints once without rules, once with them; the rules' own share is timed inside. */
function measure(code, file) {
  const bare = timeOf(() => lint(code, file, {}));
  Object.assign(spent, { rules: 0, created: 0 });
  const whole = timeOf(() => lint(code, file, levels));
  const clock = spent.created * spent.clock;
  return { bare, whole, rules: spent.rules - clock, clock };
}

function lint(code, file, levels) {
  new Linter().verify(
    code,
    {
      files: ["**"],
      plugins: { "session-lock": { rules } },
      rules: levels,
      linterOptions: { reportUnusedDisableDirectives: "off" },
      languageOptions: file.endsWith(".ts") ? { parser } : { ecmaVersion: "latest", sourceType: "module" },
    },
    { filename: path.basename(file), allowInlineConfig: false },
  );
}

function timeRule(rule, onCreated) {
  return {
    ...rule,
    create: (context) => {
      const start = performance.now();
      const listeners = rule.create(context);
      onCreated(performance.now() - start);
      return mapValues(
        listeners,
        (listen) =>
          (...nodes) =>
            (spent.rules += timeOf(() => listen(...nodes))),
      );
    },
  };
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
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
    else if (/\.[cm]?[jt]s$/.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name)) yield file;
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
