/** A program that keeps the discipline. */
export interface ValidShape {
  readonly title: string;
  readonly body: string;
}

export const valid: readonly ValidShape[] = [
  {
    title: "acquire, try, a loop with continue, release in finally",
    body: `export async function save(sessionFile, messages) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    const sessionManager = SessionManager.open(sessionFile);
    for (const message of messages) {
      if (!message.text) continue;
      sessionManager.appendMessage(message);
    }
  } finally {
    await lock.release();
  }
}`,
  },
  {
    title: "a lock acquired inside try and released if there is one",
    body: `export async function save(sessionFile, message) {
  let lock;
  try {
    lock = await acquireSessionWriteLock({ sessionFile });
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock?.release();
  }
}`,
  },
  {
    title: "the same with an if around the release",
    body: `export async function save(sessionFile, message) {
  let lock = null;
  try {
    lock = await acquireSessionWriteLock({ sessionFile });
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    if (lock) await lock.release();
  }
}`,
  },
  {
    title: "an identity wrapper around the open",
    body: `function guard(sessionManager) {
  log(sessionManager.getSessionId());
  return sessionManager;
}
export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    guard(SessionManager.open(sessionFile)).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
  },
  {
    title: "a nested finally",
    body: `export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    const session = await start();
    try {
      SessionManager.open(sessionFile).appendMessage(message);
    } finally {
      await session.stop();
    }
  } finally {
    await lock.release();
  }
}`,
  },
  {
    title: "both arms of an if locked, each its own way",
    body: `export async function save(sessionFile, message, simple) {
  if (simple) {
    await withSessionWriteLock(sessionFile, () => SessionManager.open(sessionFile).appendMessage(message));
  } else {
    const lock = await acquireSessionWriteLock({ sessionFile });
    try {
      SessionManager.open(sessionFile).appendMessage(message);
    } finally {
      await lock.release();
    }
  }
}`,
  },
  {
    title: "await using",
    body: `export async function save(sessionFile, message) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  if (!message) return undefined;
  return SessionManager.open(sessionFile).appendMessage(message);
}`,
  },
  {
    title: "a wrapper callback that is given the lock",
    body: `export async function save(sessionFile, message) {
  return await withSessionWriteLock(sessionFile, async (lock) => {
    lock.assertHeld();
    const sessionManager = SessionManager.open(lock.sessionFile);
    sessionManager.appendMessage(message);
    return lock.epoch;
  });
}`,
  },
  {
    title: "a local wrapper with several callbacks",
    body: `async function locked(sessionFile, work) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
export async function save(sessionFile, message) {
  const run = locked;
  await run(sessionFile, () => SessionManager.open(sessionFile).appendMessage(message));
  await run(sessionFile, async () => {
    const sessionManager = SessionManager.open(sessionFile);
    sessionManager.appendCustomEntry("note", {});
  });
}`,
  },
  {
    title: "a manager as the parameter of an inferred wrapper's callback",
    body: `async function withManager(sessionFile, work) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    return await work(SessionManager.open(sessionFile));
  } finally {
    await lock.release();
  }
}
export const save = (sessionFile, message) =>
  withManager(sessionFile, async (sessionManager) => sessionManager.appendMessage(message));`,
  },
  {
    title: "a manager in memory",
    body: `export function simulate(messages) {
  const sessionManager = SessionManager.inMemory();
  for (const message of messages) sessionManager.appendMessage(message);
  return sessionManager.buildSessionContext();
}`,
  },
  {
    title: "methods that do not write",
    body: `export function rewind(sessionFile, entryId) {
  const sessionManager = SessionManager.open(sessionFile);
  sessionManager.branch(entryId);
  sessionManager.resetLeaf();
  return sessionManager.getLeafId();
}`,
  },
  {
    title: "a nested acquire inside a scope that owns the lock",
    body: `export async function save(sessionFile, message) {
  await withSessionWriteLock(sessionFile, async () => {
    const lock = await acquireSessionWriteLock({ sessionFile });
    try {
      SessionManager.open(sessionFile).appendMessage(message);
    } finally {
      await lock.release();
    }
  });
}`,
  },
  {
    title: "a nested acquire that names the lock it is within",
    body: `export async function save(sessionFile, message) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  await using inner = await acquireSessionWriteLock({ sessionFile, within: lock });
  SessionManager.open(sessionFile).appendMessage(message);
}`,
  },
  {
    title: "a helper that is not exported and whose every caller holds the lock",
    body: `function appendBoth(sessionManager, user, assistant) {
  sessionManager.appendMessage(user);
  sessionManager.appendMessage(assistant);
}
export async function first(sessionFile, user, assistant) {
  await withSessionWriteLock(sessionFile, () => appendBoth(SessionManager.open(sessionFile), user, assistant));
}
export async function second(sessionFile, user, assistant) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  appendBoth(SessionManager.open(sessionFile), user, assistant);
}`,
  },
  {
    title: "array methods and awaited promises inside the scope",
    body: `export async function save(sessionFile, messages) {
  await withSessionWriteLock(sessionFile, async () => {
    const sessionManager = SessionManager.open(sessionFile);
    messages.forEach((message) => sessionManager.appendMessage(message));
    await Promise.all(messages.map(async (message) => {
      await check(message);
      sessionManager.appendMessage(message);
    }));
  });
}`,
  },
  {
    title: "a function that acquires for its caller",
    body: `async function lockFor(sessionFile) {
  return await acquireSessionWriteLock({ sessionFile, timeoutMs: 1000 });
}
export async function save(sessionFile, message) {
  const lock = await lockFor(sessionFile);
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
  },
  {
    title: "a release guarded by the flag that guarded the acquire",
    body: `export async function save(sessionFile, message, write) {
  const lock = write ? await acquireSessionWriteLock({ sessionFile }) : undefined;
  try {
    if (write) SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    if (write) await lock.release();
  }
}`,
  },
  {
    title: "a manager kept by a class that locks in each method",
    body: `export class Store {
  #sessionFile;
  constructor(sessionFile) { this.#sessionFile = sessionFile; }
  async append(message) {
    await withSessionWriteLock(this.#sessionFile, () => this.#write(message));
  }
  #write(message) {
    SessionManager.open(this.#sessionFile).appendMessage(message);
  }
}`,
  },
  {
    title: "a generator that yields inside a lock it releases",
    body: `export async function* save(sessionFile, messages) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  for await (const message of messages) yield SessionManager.open(sessionFile).appendMessage(message);
}`,
  },
  {
    title: "a labelled break out of a locked loop",
    body: `export async function save(sessionFile, groups) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    outer: for (const group of groups) {
      for (const message of group) {
        if (message.last) break outer;
        if (message.skip) continue outer;
        SessionManager.open(sessionFile).appendMessage(message);
      }
    }
    SessionManager.open(sessionFile).appendCustomEntry("done");
  } finally {
    await lock.release();
  }
}`,
  },
  {
    title: "a lock stored for another method to release",
    body: `export class Holder {
  #lock;
  async begin(sessionFile) { this.#lock = await acquireSessionWriteLock({ sessionFile }); }
  async end() { await this.#lock.release(); }
}`,
  },
  {
    title: "a local alias of a method wrapper, with several callbacks",
    body: `export class Store {
  async #locked(sessionFile, work) {
    const lock = await acquireSessionWriteLock({ sessionFile });
    try {
      return await work(SessionManager.open(sessionFile));
    } finally {
      await lock.release();
    }
  }
  async save(sessionFile, user, assistant) {
    const locked = this.#locked.bind(this);
    await locked(sessionFile, (sessionManager) => sessionManager.appendMessage(user));
    await locked(sessionFile, async (sessionManager) => {
      sessionManager.appendMessage(assistant);
    });
  }
}`,
  },
  {
    title: "a helper with the suffix Locked, called under the lock",
    body: `export function appendLocked(sessionFile, message) {
  SessionManager.open(sessionFile).appendMessage(message);
}
export const save = (sessionFile, message) =>
  withSessionWriteLock(sessionFile, () => appendLocked(sessionFile, message));`,
  },
  {
    title: "an annotated helper, called under the lock",
    body: `/** @requires-session-lock sessionFile */
export function append(sessionFile, message) {
  SessionManager.open(sessionFile).appendMessage(message);
}
export async function save(sessionFile, message) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  append(sessionFile, message);
}`,
  },
  {
    title: "a handle disposed of by its symbol",
    body: `export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}`,
  },
];
