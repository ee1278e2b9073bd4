import { access, readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";

const packages = path.resolve(import.meta.dirname, "../packages");

test("the one arrow holds: gateway → transcript → session-lock, and the lint plugin stands alone", async () => {
  expect(await ownDependencies()).toEqual({
    "@session-lock/gateway": ["@session-lock/transcript", "session-lock"],
    "@session-lock/transcript": ["session-lock"],
    "eslint-plugin-session-lock": [],
    "session-lock": [],
  });
});

test("no source file is longer than 250 lines", async () => {
  const long: string[] = [];
  for (const file of await sourceFiles()) {
    const lines = (await readFile(file, "utf8")).split("\n").length - 1;
    if (lines > 250) long.push(`${path.relative(packages, file)}: ${lines}`);
  }

  expect(long).toEqual([]);
});

test("every dependency version stands in the catalog and nowhere else", async () => {
  const versions = (await manifests()).flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
    Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies }),
  );

  expect(versions.filter((version) => version !== "catalog:" && !version.startsWith("workspace:"))).toEqual(
    [],
  );
});

test("declarations import only packages whose types they name", async () => {
  const bare: string[] = [];
  for (const name of await readdir(packages)) {
    const built = path.join(packages, name, "dist");
    const declarations = (await readdir(built)).filter((file) => /^index\.d\.[cm]?ts$/.test(file));
    expect(declarations, name).not.toEqual([]);
    for (const file of declarations) {
      const text = await readFile(path.join(built, file), "utf8");
      bare.push(...(text.match(/^import ".*$/gm) ?? []));
    }
  }

  expect(bare).toEqual([]);
});

test("every invariant in ARCHITECTURE.md names tests that exist", async () => {
  const page = await readFile(path.join(packages, "../ARCHITECTURE.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| I\d /.test(line));
  const named = rows.map((row) =>
    [...row.matchAll(/`([\w-]+\/test\/[\w.-]+)`/g)].map(([, file = ""]) => file),
  );

  expect(rows).toHaveLength(8);
  for (const files of named) {
    expect(files).not.toEqual([]);
    await Promise.all(files.map((file) => access(path.join(packages, file))));
  }
});

test("a published source map names only sources that are published, in it or beside it", async () => {
  const missing: string[] = [];
  for (const name of await readdir(packages)) {
    const folder = path.join(packages, name);
    const { files = [] } = await manifest(folder);
    const published = files.map((file) => path.join(folder, file));
    for (const map of await sourceMaps(path.join(folder, "dist"))) {
      const { sources, sourcesContent } = JSON.parse(await readFile(map, "utf8")) as SourceMap;
      const beside = sources.map((source) => path.resolve(path.dirname(map), source));
      const isThere = (source: string) => published.some((file) => source.startsWith(`${file}${path.sep}`));
      if (sourcesContent === undefined && !beside.every(isThere)) missing.push(path.relative(packages, map));
    }
  }

  expect(missing).toEqual([]);
});

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly files?: readonly string[];
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

async function manifests(): Promise<readonly Manifest[]> {
  const folders = [
    path.dirname(packages),
    ...(await readdir(packages)).map((name) => path.join(packages, name)),
  ];
  return Promise.all(folders.map(manifest));
}

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")) as Manifest;
}

async function ownDependencies(): Promise<Record<string, string[]>> {
  const [, ...own] = await manifests();
  const names = new Set(own.map(({ name }) => name));
  return Object.fromEntries(
    own.map(({ name, dependencies = {} }) => [
      name,
      Object.keys(dependencies)
        .filter((dependency) => names.has(dependency))
        .sort(),
    ]),
  );
}

async function sourceMaps(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  // Those of declarations only lead an editor on, which does without.
  return names.filter((name) => /\.[cm]?js\.map$/.test(name)).map((name) => path.join(folder, name));
}

async function sourceFiles(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir(packages)) {
    for (const entry of await readdir(path.join(packages, name, "src"), { recursive: true })) {
      if (/\.tsx?$/.test(entry)) found.push(path.join(packages, name, "src", entry));
    }
  }
  return found;
}
