// Loaded before the program (--import): the optional dependency is not installed.
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "fs-native-extensions") return next(specifier, context);
    throw Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
  },
});
