/** A program that nobody can judge from its file alone, and the same with the annotation that its report asks for. */
export interface UndecidedShape {
  readonly title: string;
  readonly body: string;
  readonly reports: readonly string[];
  /** The tag that the message names. */
  readonly asksFor: string;
  readonly annotated: string;
}

export const needsAnnotation: readonly UndecidedShape[] = [
  {
    title: "an exported function that writes a manager it was handed",
    body: `export function append(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}`,
    reports: ["require-session-lock/callerMustLock 3"],
    asksFor: "@requires-session-lock",
    annotated: `/** @requires-session-lock */
export function append(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}`,
  },
  {
    title: "an exported method that writes a manager in the object it was handed",
    body: `export class Mirror {
  record({ sessionManager, message }: { sessionManager: SessionManager; message: Message }) {
    sessionManager.appendMessage(message);
  }
}`,
    reports: ["require-session-lock/callerMustLock 4"],
    asksFor: "@requires-session-lock",
    annotated: `export class Mirror {
  /** @requires-session-lock */
  record({ sessionManager, message }: { sessionManager: SessionManager; message: Message }) {
    sessionManager.appendMessage(message);
  }
}`,
  },
  {
    title: "a manager typed unknown that is cast",
    body: `export function append(value: unknown, message: Message) {
  (value as SessionManager).appendMessage(message);
}`,
    reports: ["require-session-lock/callerMustLock 3"],
    asksFor: "@requires-session-lock",
    annotated: `/** @requires-session-lock */
export function append(value: unknown, message: Message) {
  (value as SessionManager).appendMessage(message);
}`,
  },
  {
    title: "a manager typed unknown that is tested",
    body: `export function append(value: unknown, message: Message) {
  if (value instanceof SessionManager) value.appendMessage(message);
}`,
    reports: ["require-session-lock/callerMustLock 3"],
    asksFor: "@requires-session-lock",
    annotated: `/** @requires-session-lock */
export function append(value: unknown, message: Message) {
  if (value instanceof SessionManager) value.appendMessage(message);
}`,
  },
  {
    title: "a lock handed to a callee that releases it",
    body: `declare function finish(lock: Handle): Promise<void>;
export async function save(sessionFile: string, message: Message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await finish(lock);
  }
}`,
    reports: ["release-session-lock/handedOver 4"],
    asksFor: "@releases-session-lock",
    annotated: `/** @releases-session-lock lock */
async function finish(lock: Handle): Promise<void> {
  await lock.release();
}
export async function save(sessionFile: string, message: Message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await finish(lock);
  }
}`,
  },
];
