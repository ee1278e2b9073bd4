import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", ["json", { outputFile: ".results/vitest.json" }]],
    // The end of a hang, not a measure: on a busy machine of two cores a test takes five times as long as alone.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 150_000 } },
    // Test files share a process, as the parts of an application do; loading everything anew for each takes a tenth of the time.
    isolate: false,
  },
});
