/** What this package promises about its speed, checked against one run. Returns nothing; sets the exit code. */
export function reportRequirements(results, tuned) {
  const checks = [
    ...uncontended(results.uncontended, tuned),
    ...faster("16 processes without a pause", results.processes, tuned, "kernel", 8),
    ...waits(results.processes),
    ...faster("16 processes with a pause of 1 ms", results.thinking, tuned, "kernel", 4),
    ...faster("100 tasks", results.tasks, tuned, "kernel", 50),
    ...faster("100 tasks", results.tasks, tuned, "lockfile", 50),
    ...faster("4 processes × 25 tasks", results.mixed, tuned, "kernel", 20),
    ...crashes(results.crash),
  ];
  console.log("");
  for (const { text, holds } of checks) console.log(`${holds ? "holds " : "MISSED"}  ${text}`);
  if (checks.some(({ holds }) => !holds)) process.exitCode = 1;
}

function uncontended(results, tuned) {
  if (results === undefined) return [];
  const times = results[tuned].us / results.kernel.us;
  const overFloor = results.kernel.us / results["raw kernel lock"].us;
  return [
    { text: `uncontended kernel is ${times.toFixed(1)}× faster than ${tuned} (50)`, holds: times >= 50 },
    {
      text: `uncontended kernel takes ${overFloor.toFixed(1)}× the raw kernel lock (at most 4)`,
      holds: overFloor <= 4,
    },
  ];
}

function faster(what, results, tuned, engine, wanted) {
  if (results === undefined) return [];
  const times = results[engine].opsPerS / results[tuned].opsPerS;
  return [
    {
      text: `${what}: ${engine} does ${times.toFixed(1)}× the operations of ${tuned} (${wanted})`,
      holds: times >= wanted,
    },
  ];
}

function waits(results) {
  if (results === undefined) return [];
  const [ours, pidFile] = [results.kernel.maxWaitMs, results["pid file"].maxWaitMs];
  return [
    { text: `16 processes: kernel waits ${ours.toFixed(0)} ms at most (100)`, holds: ours <= 100 },
    {
      text: `16 processes: that is 1/${(pidFile / ours).toFixed(0)} of the pid file's (1/10)`,
      holds: pidFile >= 10 * ours,
    },
  ];
}

function crashes(results) {
  if (results === undefined) return [];
  return [
    {
      text: `killed holder: kernel takes ${results.kernel.ms.toFixed(1)} ms (20)`,
      holds: results.kernel.ms < 20,
    },
    {
      text: `killed holder: lockfile takes ${results.lockfile.ms.toFixed(1)} ms (250)`,
      holds: results.lockfile.ms < 250,
    },
  ];
}
