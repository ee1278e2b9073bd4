// Loaded before the program (--import): the optional dependency is not installed, or not what the environment names of it.
import { registerHooks } from "node:module";

const missing = process.env["MISSING"] ?? "fs-native-extensions";

registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith(missing)) return next(specifier, context);
    throw Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
  },
});
