import type { rules } from "./rules/catalog.ts";

type Level = "error" | "warn";
type Entry = Level | [Level, Record<string, unknown>];
type Levels = Partial<Record<keyof typeof rules, Entry>>;

/** A flat config of this plugin. */
export interface PluginConfig<Plugin> {
  readonly name: string;
  readonly plugins: { readonly "session-lock": Plugin };
  readonly rules: Record<string, Entry>;
}

export type ConfigName = "recommended" | "strict" | "recommended-type-checked";

const recommended: Levels = {
  "require-session-lock": "error",
  "release-session-lock": "error",
  "no-nested-session-lock": "error",
  "no-stale-session-manager": "error",
  "no-escaping-session-lock": "error",
  "no-raw-transcript-write": "warn",
  "valid-lock-annotations": "warn",
};

const strict: Levels = {
  ...recommended,
  "no-raw-transcript-write": ["error", { allowLocked: false }],
  "no-slow-await-in-session-lock": "warn",
};

/** The same levels, with what types add. Rules with equal options share one analysis. */
const typeChecked: Levels = Object.fromEntries(
  Object.entries(recommended).map(([rule, level]) => [rule, [level, { types: true }]]),
);

/** The configs, for the plugin object that they name. */
export function configsFor<Plugin>(plugin: Plugin): Readonly<Record<ConfigName, PluginConfig<Plugin>>> {
  const configure = (name: ConfigName, levels: Levels): PluginConfig<Plugin> => ({
    name: `session-lock/${name}`,
    plugins: { "session-lock": plugin },
    rules: Object.fromEntries(Object.entries(levels).map(([rule, level]) => [`session-lock/${rule}`, level])),
  });
  return {
    recommended: configure("recommended", recommended),
    strict: configure("strict", strict),
    "recommended-type-checked": configure("recommended-type-checked", typeChecked),
  };
}
