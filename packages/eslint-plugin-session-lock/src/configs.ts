import { rules } from "./rules/catalog.ts";

type Level = "error" | "warn";

/** A flat config of this plugin. */
export interface PluginConfig<Plugin> {
  readonly name: string;
  readonly plugins: { readonly "session-lock": Plugin };
  readonly rules: Record<string, Level>;
}

/** The configs, for the plugin object that they name. */
export function configsFor<Plugin>(plugin: Plugin): Readonly<Record<"recommended", PluginConfig<Plugin>>> {
  return {
    recommended: {
      name: "session-lock/recommended",
      plugins: { "session-lock": plugin },
      rules: Object.fromEntries(Object.keys(rules).map((name) => [`session-lock/${name}`, "error" as const])),
    },
  };
}
