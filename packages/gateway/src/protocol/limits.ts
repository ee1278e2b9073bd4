const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes a connection may send before it is authenticated. */
export const MAX_PREAUTH_BYTES = 64 * KIB;
/** How long a connection may stay unauthenticated, in milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 15_000;
/** Unauthenticated connections there may be at the same time: of one address, and of all. */
export const MAX_PREAUTH_CONNECTIONS = 32;
export const MAX_PREAUTH_CONNECTIONS_IN_ALL = 256;
/** Refused credentials one address may send within {@link AUTH_FAILURE_WINDOW_MS}. */
export const MAX_AUTH_FAILURES = 10;
export const AUTH_FAILURE_WINDOW_MS = 60_000;
/** Calls in a row that a connection has no scope for; one more closes it. */
export const MAX_FORBIDDEN_CALLS = 10;
/** Calls of one connection that are not answered yet. */
export const MAX_PENDING_CALLS = 1_000;
/** Bytes of one frame after authentication. */
export const MAX_PAYLOAD_BYTES = 25 * MIB;
/** Unsent bytes at which a connection that cannot keep up has {@link SLOW_CONSUMER_GRACE_MS} left to read. */
export const MAX_BUFFERED_BYTES = 50 * MIB;
export const SLOW_CONSUMER_GRACE_MS = 5_000;
/** Unsent bytes at which a connection is closed at once, so that nobody asks for more than memory holds. */
export const CLOSE_BUFFERED_BYTES = 2 * MAX_BUFFERED_BYTES;
/** Unsent bytes at which events that a later one supersedes are left out. */
export const DROP_BUFFERED_BYTES = 1 * MIB;
/** A client that hears nothing for two of these gives the connection up. */
export const TICK_INTERVAL_MS = 30_000;
/** At most one `delta` of a run within this time. */
export const DELTA_INTERVAL_MS = 50;
/** Attachments of one message, and their bytes: each, and together. */
export const MAX_ATTACHMENTS = 8;
export const MAX_ATTACHMENT_BYTES = 5 * MIB;
export const MAX_ATTACHMENTS_BYTES = 10 * MIB;
/** HTTP completions that are answered at the same time. */
export const MAX_COMPLETIONS = 256;
/** Bytes of messages in one `chat.history` answer; older ones are left for the next page. */
export const MAX_HISTORY_BYTES = 6 * MIB;
/** How soon a connection that only listens is closed after its token was replaced, in milliseconds. */
export const TOKEN_CHECK_MS = 1_000;
