/** A program that breaks the discipline; the reports are `rule/message line`, where the body's first line is 2. */
export interface Shape {
  readonly title: string;
  readonly body: string;
  readonly reports: readonly string[];
}

export const invalid: readonly Shape[] = [
  {
    title: "a chained open and append as a property of a returned object",
    body: `export async function mirror(sessionFile, message) {
  return { ok: true, messageId: SessionManager.open(sessionFile).appendMessage(message) };
}`,
    reports: ["require-session-lock/unlocked 3"],
  },
  {
    title: "a manager that a class derived from the manager's opens",
    body: `class Archive extends SessionManager {}
class OldArchive extends Archive {}
export function store(sessionFile, message) {
  OldArchive.open(sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/unlocked 5"],
  },
  {
    title: "a bare statement after an unlocked header write",
    body: `export async function deliver(sessionFile, header, message) {
  await writeHeader(sessionFile, header);
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/unlocked 4"],
  },
  {
    title: "a synchronous function with try and catch",
    body: `export function append(sessionFile, message) {
  try {
    const sessionManager = SessionManager.open(sessionFile);
    return { ok: true, id: sessionManager.appendMessage(message) };
  } catch (error) {
    return { ok: false, error };
  }
}`,
    reports: ["require-session-lock/unlocked 5"],
  },
  {
    title: "an open, an await, two conditional appends",
    body: `export async function note(sessionFile, user, assistant) {
  const sessionManager = SessionManager.open(sessionFile);
  await flush();
  if (user) sessionManager.appendMessage(user);
  if (assistant) sessionManager.appendMessage(assistant);
}`,
    reports: ["require-session-lock/unlocked 5"],
  },
  {
    title: "a loop over seven different append methods",
    body: `export async function copy(sessionFile, entries) {
  const sessionManager = SessionManager.open(sessionFile);
  for (const entry of entries) {
    switch (entry.type) {
      case "message": sessionManager.appendMessage(entry.message); break;
      case "thinking": sessionManager.appendThinkingLevelChange(entry.level); break;
      case "model": sessionManager.appendModelChange(entry.provider, entry.model); break;
      case "compaction": sessionManager.appendCompaction(entry.summary); break;
      case "custom": sessionManager.appendCustomEntry(entry.customType, entry.data); break;
      case "info": sessionManager.appendSessionInfo(entry.name); break;
      default: sessionManager.appendLabelChange(entry.id, entry.label);
    }
  }
}`,
    reports: ["require-session-lock/unlocked 6"],
  },
  {
    title: "a forgotten async closure",
    body: `export async function run(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    const flush = async () => {
      await tick();
      SessionManager.open(sessionFile).appendMessage(message);
    };
    flush();
  } finally {
    await lock.release();
  }
}`,
    reports: ["no-escaping-session-lock/outlives 9"],
  },
  {
    title: "an immediately called async function that nothing awaits",
    body: `export async function run(sessionFile, message) {
  await withSessionWriteLock(sessionFile, async () => {
    void (async () => {
      await tick();
      SessionManager.open(sessionFile).appendMessage(message);
    })();
  });
}`,
    reports: ["no-escaping-session-lock/outlives 4"],
  },
  {
    title: "a callback of a user interface",
    body: `export function wire(button, sessionFile) {
  button.addEventListener("click", async () => {
    SessionManager.open(sessionFile).appendMessage(button.value);
  });
}`,
    reports: ["require-session-lock/unlocked 4"],
  },
  {
    title: "a callback handed to an unknown function",
    body: `export async function save(sessionFile, message) {
  await withSessionWriteLock(sessionFile, async () => {
    await retry(() => SessionManager.open(sessionFile).appendMessage(message));
  });
}`,
    reports: ["require-session-lock/callback 4"],
  },
  {
    title: "a manager assigned in only one branch",
    body: `export async function save(sessionFile, message, fresh) {
  let sessionManager;
  if (fresh) sessionManager = SessionManager.inMemory();
  else sessionManager = SessionManager.open(sessionFile);
  sessionManager.appendMessage(message);
}`,
    reports: ["require-session-lock/unlocked 6"],
  },
  {
    title: "a lock acquired in only one branch",
    body: `export async function save(sessionFile, message, careful) {
  let lock;
  if (careful) lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock?.release();
  }
}`,
    reports: ["require-session-lock/notOnEveryPath 6"],
  },
  {
    title: "an inverted scope: release, try, acquire again in finally",
    body: `export async function pause(sessionFile, message) {
  let lock = await acquireSessionWriteLock({ sessionFile });
  try {
    await lock.release();
    try {
      SessionManager.open(sessionFile).appendMessage(message);
    } finally {
      lock = await acquireSessionWriteLock({ sessionFile });
    }
  } finally {
    await lock.release();
  }
}`,
    reports: ["require-session-lock/released 7"],
  },
  {
    title: "a skipLock flag",
    body: `export async function save(sessionFile, message, { skipLock }) {
  const lock = skipLock ? undefined : await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock?.release();
  }
}`,
    reports: ["require-session-lock/notOnEveryPath 5"],
  },
  {
    title: "the lock of another file",
    body: `export async function save(a, b, message) {
  const lock = await acquireSessionWriteLock({ sessionFile: a.sessionFile });
  try {
    SessionManager.open(b.sessionFile).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
    reports: ["require-session-lock/wrongFile 5"],
  },
  {
    title: "an append after the release",
    body: `export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    await prepare();
  } finally {
    await lock.release();
  }
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/released 9"],
  },
  {
    title: "an append in a catch where the acquire may have failed",
    body: `export async function save(sessionFile, message) {
  let lock;
  try {
    lock = await acquireSessionWriteLock({ sessionFile });
    await prepare();
  } catch (error) {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock?.release();
  }
}`,
    reports: ["require-session-lock/notOnEveryPath 8"],
  },
  {
    title: "an acquire that is not awaited",
    body: `export async function save(sessionFile, message) {
  const lock = acquireSessionWriteLock({ sessionFile });
  SessionManager.open(sessionFile).appendMessage(message);
  await (await lock).release();
}`,
    reports: ["require-session-lock/notAwaited 4"],
  },
  {
    title: "a scope that is thrown away, then an append",
    body: `export async function save(sessionFile, message) {
  void withSessionWriteLock(sessionFile, async () => {});
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["no-escaping-session-lock/floating 3", "require-session-lock/unlocked 4"],
  },
  {
    title: "an append in a timer inside the scope",
    body: `export async function save(sessionFile, message) {
  await withSessionWriteLock(sessionFile, () => {
    const sessionManager = SessionManager.open(sessionFile);
    setTimeout(() => sessionManager.appendMessage(message), 100);
  });
}`,
    reports: ["require-session-lock/callback 5"],
  },
  {
    title: "a manager opened before the lock and used inside",
    body: `export async function save(sessionFile, message) {
  const sessionManager = SessionManager.open(sessionFile);
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    sessionManager.appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
    reports: ["no-stale-session-manager/stale 6"],
  },
  {
    title: "a promise returned without await inside try and finally",
    body: `async function appendAll(sessionManager, messages) {
  for (const message of messages) {
    await tick();
    sessionManager.appendMessage(message);
  }
}
export async function save(sessionFile, messages) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    return appendAll(SessionManager.open(sessionFile), messages);
  } finally {
    await lock.release();
  }
}`,
    reports: ["no-escaping-session-lock/outlives 11"],
  },
  {
    title: "a call that may throw between the acquire and its try",
    body: `export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await prepare();
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
    reports: ["release-session-lock/leaksOnThrow 3"],
  },
  {
    title: "a nested acquire of the same file",
    body: `export async function save(sessionFile, message) {
  await using outer = await acquireSessionWriteLock({ sessionFile });
  await using inner = await acquireSessionWriteLock({ sessionFile });
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["no-nested-session-lock/nested 4"],
  },
  {
    title: "a mutating method taken as a value and handed on",
    body: `export function listen(bus, sessionFile) {
  const sessionManager = SessionManager.open(sessionFile);
  bus.on("message", sessionManager.appendMessage.bind(sessionManager));
}`,
    reports: ["require-session-lock/unlocked 4"],
  },
  {
    title: "a manager opened in only one branch of a condition, in one expression",
    body: `export async function save(sessionFile, message, fresh) {
  const sessionManager = fresh ? SessionManager.inMemory() : SessionManager.open(sessionFile);
  sessionManager.appendMessage(message);
}`,
    reports: ["require-session-lock/unlocked 4"],
  },
  {
    title: "a mutating method replaced by a wrapper that keeps the original",
    body: `export function patch(sessionFile, bus) {
  const sessionManager = SessionManager.open(sessionFile);
  const original = sessionManager.appendMessage.bind(sessionManager);
  sessionManager.appendMessage = (message) => {
    bus.emit("append", message);
    return original(message);
  };
  return sessionManager;
}`,
    reports: ["require-session-lock/unlocked 4"],
  },
  {
    title: "an append in the handler of a promise that nothing awaits",
    body: `export async function save(sessionFile, message) {
  await withSessionWriteLock(sessionFile, () => {
    void prepare().then(() => SessionManager.open(sessionFile).appendMessage(message));
  });
}`,
    reports: ["require-session-lock/callback 4"],
  },
  {
    title: "a promise returned by one arm of a condition inside try and finally",
    body: `async function append(sessionFile, message) {
  await tick();
  SessionManager.open(sessionFile).appendMessage(message);
}
export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    return message ? append(sessionFile, message) : undefined;
  } finally {
    await lock.release();
  }
}`,
    reports: ["no-escaping-session-lock/outlives 9"],
  },
  {
    title: "a lock that is released before the work it was for",
    body: `export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await lock.release();
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["release-session-lock/empty 4", "require-session-lock/released 5"],
  },
];
