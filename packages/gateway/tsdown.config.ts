import { defineConfig } from "tsdown";

// One file for the server and one for each command: finding and linking each module takes a process longer than running it.
export default defineConfig({
  entry: { index: "src/index.ts", main: "src/main.ts" },
  platform: "node",
  target: "node22.18",
  fixedExtension: false,
  outputOptions: { chunkFileNames: "[name].js", sourcemapExcludeSources: true }, // the sources are published beside
  // What is imported for its types alone must not stand in the declarations.
  treeshake: { moduleSideEffects: "no-external" },
  sourcemap: true,
  dts: true,
});
