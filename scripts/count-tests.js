// Prints "N passed, N failed" over every package: the sum of the reports that vitest wrote (turbo restores them when it
// replays a cached run). A package whose report is missing counts as one failure: silence is no pass.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const suites = [".", ...readdirSync(`${root}packages`).map((name) => `packages/${name}`)];
let passed = 0;
let failed = 0;
for (const suite of suites) {
  const report = readReport(`${root}${suite}/.results/vitest.json`);
  if (report === undefined) console.log(`no test report from ${suite}`);
  passed += report?.numPassedTests ?? 0;
  for (const title of failuresOf(report)) console.log(`failed in ${suite}: ${title}`);
  // A file that fails to load has no tests of its own but fails its suite.
  failed += report === undefined ? 1 : Math.max(report.numFailedTests, report.success ? 0 : 1);
}
console.log(`${passed} passed, ${failed} failed`);

/** What to look at first: the whole output of a test run is long, and its end is what people see. */
function failuresOf(report) {
  return (report?.testResults ?? []).flatMap((file) => {
    const failures = file.assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => `${test.fullName}: ${test.failureMessages.join(" ").split("\n")[0]}`);
    if (failures.length > 0 || file.status !== "failed") return failures;
    return [`${file.name.slice(root.length)}: ${file.message.split("\n")[0]}`];
  });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined; // the run stopped before this suite began
    throw error;
  }
}
