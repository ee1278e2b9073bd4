/** One way to write a program's imports: the lines themselves, and what its body then calls the three names. */
export interface Prelude {
  readonly title: string;
  readonly typescript?: boolean;
  readonly source: (body: string) => string;
}

const names = /\b(SessionManager|acquireSessionWriteLock|withSessionWriteLock)\b/g;

function rename(body: string, names_: Readonly<Record<string, string>>): string {
  return body.replace(names, (name) => names_[name] ?? name);
}

const manager = "@session-lock/transcript";
const lock = "session-lock";

/** Every binding form that resolution must see through; a shape has the same reports under all of them. */
export const preludes: readonly Prelude[] = [
  {
    title: "named imports",
    source: (body) =>
      `import { SessionManager } from "${manager}"; import { acquireSessionWriteLock, withSessionWriteLock } from "${lock}";\n${body}`,
  },
  {
    title: "named imports, TypeScript parser",
    typescript: true,
    source: (body) =>
      `import { SessionManager } from "${manager}"; import { acquireSessionWriteLock, withSessionWriteLock } from "${lock}";\n${body}`,
  },
  {
    title: "renamed imports from pi, as a bundler writes them",
    source: (body) =>
      `import { SessionManager as SessionManager$1 } from "@mariozechner/pi-coding-agent"; import { acquireSessionWriteLock as a$1, withSessionWriteLock as w$1 } from "${lock}";\n${rename(
        body,
        {
          SessionManager: "SessionManager$1",
          acquireSessionWriteLock: "a$1",
          withSessionWriteLock: "w$1",
        },
      )}`,
  },
  {
    title: "namespace imports from pi's new name",
    source: (body) =>
      `import * as pi from "@earendil-works/pi-coding-agent"; import * as locks from "${lock}";\n${rename(
        body,
        {
          SessionManager: "pi.SessionManager",
          acquireSessionWriteLock: "locks.acquireSessionWriteLock",
          withSessionWriteLock: "locks.withSessionWriteLock",
        },
      )}`,
  },
  {
    title: "require, destructured",
    source: (body) =>
      `const { SessionManager } = require("${manager}"); const { acquireSessionWriteLock, withSessionWriteLock } = require("${lock}");\n${body}`,
  },
  {
    title: "dynamic imports, destructured",
    source: (body) =>
      `const { SessionManager } = await import("${manager}"); const { acquireSessionWriteLock, withSessionWriteLock } = await import("${lock}");\n${body}`,
  },
  {
    title: "aliases through constants",
    source: (body) =>
      `import * as t from "${manager}"; import { acquireSessionWriteLock as a, withSessionWriteLock as w } from "${lock}"; const { SessionManager } = t; const acquireSessionWriteLock = a, withSessionWriteLock = w;\n${body}`,
  },
];
