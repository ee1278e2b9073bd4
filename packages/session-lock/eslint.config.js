import root from "../../eslint.config.js";

/** The plugin's rules guard users of the lock; its own tests and benchmarks misuse it on purpose. */
const misuse = {
  "session-lock/release-session-lock": "off",
  "session-lock/no-nested-session-lock": "off",
};

export default [
  ...root,
  { files: ["src/**"], rules: { "max-lines": ["error", 250] } },
  { files: ["test/**", "bench/**"], rules: misuse },
];
