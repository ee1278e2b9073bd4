import { format, resolveConfig } from "prettier";

/** @type {import("eslint-doc-generator").GenerateOptions} */
export default {
  configEmoji: [
    ["recommended", "✅"],
    ["strict", "🔒"],
  ],
  // Every rule takes the shared settings: the README has them, once.
  ruleDocSectionOptions: false,
  postprocess: async (content, path) =>
    format(content, { ...(await resolveConfig(path)), parser: "markdown" }),
};
