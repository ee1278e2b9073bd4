import { defineConfig } from "tsdown";

// One file for all modules: finding and linking each takes a process that imports this longer than running them.
export default defineConfig({
  entry: { index: "src/index.ts", "cli/main": "src/cli/main.ts" },
  platform: "node",
  target: "node22.18",
  fixedExtension: false,
  sourcemap: true,
  outputOptions: { chunkFileNames: "common.js", sourcemapExcludeSources: true }, // the sources are published beside
  dts: true,
});
