import js from "@eslint/js";
import sessionLock from "eslint-plugin-session-lock";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["**/dist/**", "**/.results/**", "**/.turbo/**", "**/fixtures/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  sessionLock.configs.strict,
  {
    files: ["**/*.{js,mjs,cjs}"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "console",
          "process",
          "setTimeout",
          "clearTimeout",
          "setInterval",
          "setImmediate",
          "URL",
          "Buffer",
          "fetch",
          "AbortSignal",
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/ban-ts-comment": ["error", { "ts-expect-error": true }],
      "@typescript-eslint/consistent-type-definitions": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/dot-notation": "off", // tsc's noPropertyAccessFromIndexSignature asks for the brackets
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreUsingDeclarations: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ["packages/*/src/**", "packages/*/web/**"],
    rules: { "max-lines": ["error", 250] },
  },
  {
    // The fence is what replaces a session file under its lock.
    files: ["packages/session-lock/src/fence.ts"],
    rules: { "session-lock/no-raw-transcript-write": "off" },
  },
  {
    // These write broken sessions by hand, to see what is made of them.
    files: ["packages/transcript/{test,bench}/**"],
    rules: { "session-lock/no-raw-transcript-write": "off" },
  },
  {
    // Our rules guard users of the lock; its own tests and benchmarks misuse it on purpose, and hold it while others wait.
    files: ["packages/session-lock/{test,bench}/**"],
    rules: {
      "session-lock/no-raw-transcript-write": "off",
      "session-lock/no-slow-await-in-session-lock": "off",
      "session-lock/release-session-lock": "off",
      "session-lock/no-nested-session-lock": "off",
      "session-lock/no-escaping-session-lock": "off",
    },
  },
);
