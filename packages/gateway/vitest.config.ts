import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", ["json", { outputFile: ".results/vitest.json" }]],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time these tests wait for timers and processes, so more files than cores go well together.
    maxWorkers: 4,
  },
});
