import type { ExportName } from "./analysis/vocabulary.ts";
import { presets } from "./presets/catalog.ts";
import type { Project } from "./project.ts";
import type { SessionLockSettings } from "./settings.ts";

/** An entry of the settings that can match nothing in the project. */
export interface Unmatched {
  readonly message: "unmatchedModule" | "unmatchedExport" | "unmatchedPreset";
  /** The string in the config by which the entry is found. */
  readonly key: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Looks every chosen preset and every entry up in the project. */
export function findUnmatched(settings: SessionLockSettings, project: Project): readonly Unmatched[] {
  const { presets: chosen = [] } = settings;
  const unmatchedPresets = chosen.flatMap((name): readonly Unmatched[] => {
    const entries = Object.values<readonly ExportName[]>(presets[name]).flat();
    const isKnown = entries.some((entry) => project.stateOf(entry.from, entry.name) === "found");
    const modules = [...new Set(entries.map(({ from }) => from))].join(", ");
    return isKnown ? [] : [{ message: "unmatchedPreset", key: name, data: { preset: name, modules } }];
  });
  const unmatchedEntries = entriesOf(settings).flatMap(({ setting, entry }): readonly Unmatched[] => {
    const state = project.stateOf(entry.from, entry.name);
    if (state === "found") return [];
    const data = { setting, from: entry.from, name: entry.name };
    const message = state === "missing" ? "unmatchedModule" : "unmatchedExport";
    return [{ message, key: state === "missing" ? entry.from : entry.name, data }];
  });
  return [...unmatchedPresets, ...unmatchedEntries];
}

function entriesOf(
  settings: SessionLockSettings,
): readonly { readonly setting: string; readonly entry: ExportName }[] {
  const {
    managers,
    acquire,
    wrappers,
    identities,
    asserts,
    immediateInvokers,
    releasers,
    sinks,
    readers,
    slowCalls,
  } = settings;
  const lists = {
    identities,
    managers,
    acquire,
    wrappers,
    asserts,
    immediateInvokers,
    releasers,
    sinks,
    readers,
    slowCalls,
  };
  return Object.entries<readonly ExportName[] | undefined>(lists).flatMap(([setting, entries = []]) =>
    entries.map((entry) => ({ setting, entry })),
  );
}
