import path from "node:path";
import type { Contract } from "../analysis/contracts.ts";
import { ownModule } from "../analysis/infer-contract.ts";
import type { ModuleExports } from "../analysis/infer-exports.ts";
import type { AliasSpec, ContractSpec, ExportName, ManagerSpec } from "../analysis/vocabulary.ts";
import type { Summaries } from "../summaries.ts";

/** What is known of each file, by its path without the extension, as imports of it resolve. */
export type Project = ReadonlyMap<string, ModuleExports>;

/**
 * Follows every export to where its function is, through re-exports in any number of files, and gives it the name that
 * settings use: a path relative to the working folder. `isApi` says which exports of libraries are known.
 */
export function summarize(project: Project, cwd: string, isApi: (name: ExportName) => boolean): Summaries {
  const contracts: ContractSpec[] = [];
  const aliases: AliasSpec[] = [];
  const managers: ManagerSpec[] = [];
  for (const [module, exports] of [...project].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const from = nameOf(module, cwd);
    for (const [name, contract] of exports.contracts)
      contracts.push({ from, name, contract: completed(contract, from) });
    for (const [name, manager] of exports.managers) {
      if (!isApi({ from: module, name })) managers.push({ from, name, ...manager });
    }
    for (const [name, target] of [...handedOnBy(project, module, new Set())]) {
      const found = follow(project, target, new Set());
      const contract = project.get(found.from)?.contracts.get(found.name);
      const manager = project.get(found.from)?.managers.get(found.name);
      if (contract !== undefined)
        contracts.push({ from, name, contract: completed(contract, nameOf(found.from, cwd)) });
      else if (manager !== undefined) managers.push({ from, name, ...manager });
      else if (isApi(found)) aliases.push({ from, name, of: { ...found, from: nameOf(found.from, cwd) } });
    }
  }
  return { version: 1, contracts, aliases, managers };
}

/** Gives the class that the function's own module exports the name that it has for others. */
function completed(contract: Contract, module: string): Contract {
  const { opens } = contract;
  if (opens?.manager.from !== ownModule) return contract;
  return { ...contract, opens: { ...opens, manager: { ...opens.manager, from: module } } };
}

/** What a module hands on, `export *` included; its own exports hide those. */
function handedOnBy(project: Project, module: string, seen: Set<string>): ReadonlyMap<string, ExportName> {
  const exports = project.get(module);
  const found = new Map<string, ExportName>();
  if (exports === undefined || seen.has(module)) return found;
  seen.add(module);
  for (const other of exports.all) {
    for (const [name, target] of handedOnBy(project, other, seen)) found.set(name, target);
    for (const name of namesOf(project.get(other))) found.set(name, { from: other, name });
  }
  for (const name of namesOf(exports)) found.delete(name);
  for (const [name, target] of exports.handedOn) found.set(name, target);
  return found;
}

function namesOf(exports: ModuleExports | undefined): readonly string[] {
  return exports === undefined ? [] : [...exports.contracts.keys(), ...exports.managers.keys()];
}

function follow(project: Project, start: ExportName, seen: Set<string>): ExportName {
  const key = `${start.from}\n${start.name}`;
  const next = seen.has(key) ? undefined : handedOnBy(project, start.from, new Set()).get(start.name);
  return next === undefined ? start : follow(project, next, seen.add(key));
}

function nameOf(module: string, cwd: string): string {
  if (!path.isAbsolute(module)) return module;
  const relative = path.relative(cwd, module).replaceAll("\\", "/");
  return relative.startsWith("../") ? relative : `./${relative}`;
}
