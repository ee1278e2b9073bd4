import root from "../../eslint.config.js";

/** The plugin's rules guard users of the lock; its own tests and benchmarks misuse it on purpose. */
const misuse = {
  "session-lock/release-session-lock": "off",
  "session-lock/no-nested-session-lock": "off",
  "session-lock/no-escaping-session-lock": "off",
};

export default [
  ...root,
  { files: ["src/**"], rules: { "max-lines": ["error", 250] } },
  // The fence is what replaces a session file under its lock.
  { files: ["src/fence.ts"], rules: { "session-lock/no-raw-transcript-write": "off" } },
  { files: ["test/**", "bench/**"], rules: misuse },
];
