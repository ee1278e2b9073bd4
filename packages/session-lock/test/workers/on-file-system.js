// Loaded before the program (--import): statfs(2) tells the file system of PRETENDED_TYPE.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { statfsSync } = fs;
fs.statfsSync = (...args) => Object.assign(statfsSync(...args), { type: Number(process.env.PRETENDED_TYPE) });
syncBuiltinESMExports();
