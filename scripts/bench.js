// npm run bench -- <package> [args]: runs one package's benchmark, or every package's when none is named.
import { followChild, spawnPnpm } from "./pnpm.js";

const [name, ...rest] = process.argv.slice(2);
const selection = name === undefined ? [] : ["--filter", name];
followChild(spawnPnpm(["turbo", "run", "bench", ...selection, ...(rest.length > 0 ? ["--", ...rest] : [])]));
