import { defineConfig } from "tsdown";

const shared = { platform: "node", target: "node20.19", sourcemap: true } as const;

export default defineConfig([
  { ...shared, entry: ["src/index.ts"], format: ["esm", "cjs"], dts: true },
  { ...shared, entry: { cli: "src/cli/main.ts" }, format: ["esm"], dts: false, clean: false },
]);
