import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", ["json", { outputFile: ".results/vitest.json" }]],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // As in an editor, one process lints file after file. Loading TypeScript anew for each test file took two thirds of the time.
    isolate: false,
  },
});
