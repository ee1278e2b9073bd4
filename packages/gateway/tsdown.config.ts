import { defineConfig } from "tsdown";

// One file for all modules: finding and linking each takes a process that imports this longer than running them.
export default defineConfig({
  entry: { index: "src/index.ts", main: "src/main.ts" },
  platform: "node",
  target: "node22.18",
  fixedExtension: false,
  outputOptions: { chunkFileNames: "common.js" },
  // What is imported for its types alone must not stand in the declarations.
  treeshake: { moduleSideEffects: "no-external" },
  sourcemap: true,
  dts: true,
});
