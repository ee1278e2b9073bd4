import { defineConfig, type UserConfig } from "tsdown";

/**
 * Every name of a node's type is the type itself, so it is written where it is used: the enum's members are looked up some
 * 500 times in the code, each of them slowly the first time, and it would be the only thing here of a package of 20 KB.
 */
const nodeTypes = {
  name: "node-types",
  // As long as what it stands for, so that the source maps stay true.
  transform: {
    filter: { id: /\/src\/(?:(?!\.d\.).)*\.ts$/ },
    handler: (code: string) => ({
      code: code
        .replace(/^import \{ AST_(?:NODE|TOKEN)_TYPES \} from .*;$/m, (line) => " ".repeat(line.length))
        .replace(/\bAST_(?:NODE|TOKEN)_TYPES\.(\w+)/g, (member: string, name: string) =>
          `"${name}"`.padEnd(member.length),
        ),
      map: null,
    }),
  },
};

const shared = {
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  // What is imported for its types alone must not stand in the declarations.
  treeshake: { moduleSideEffects: "no-external" },
  plugins: [nodeTypes],
} satisfies UserConfig;

export default defineConfig([
  { ...shared, entry: ["src/index.ts"], format: ["esm", "cjs"], dts: true },
  { ...shared, entry: { cli: "src/cli/main.ts" }, format: ["esm"], dts: false, clean: false },
]);
