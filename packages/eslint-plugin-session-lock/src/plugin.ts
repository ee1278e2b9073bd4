import packageJson from "../package.json" with { type: "json" };
import { configsFor, type ConfigName, type PluginConfig } from "./configs.ts";
import { rules } from "./rules/catalog.ts";

interface Plugin {
  readonly meta: { readonly name: string; readonly version: string; readonly namespace: string };
  readonly rules: typeof rules;
}

const base: Plugin = {
  meta: { name: packageJson.name, version: packageJson.version, namespace: "session-lock" },
  rules,
};

/** The plugin: its rules, and the configs that turn them on. */
export const plugin: Plugin & { readonly configs: Readonly<Record<ConfigName, PluginConfig<Plugin>>> } =
  Object.assign(base, { configs: configsFor(base) });
