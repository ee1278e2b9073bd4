import { type SessionSummary } from "./wire.ts";

const OWN = "agent:main:";
/** Marks are vowels in Hindi, Thai and Arabic, and what joins or parts letters is spelling in Persian and Malayalam. */
const NAME = /^[\p{L}\p{N}][\u200c\u200d\p{L}\p{M}\p{N} ._-]{0,99}$/u;

/** What a person calls a session: its label, or its key without the part that all sessions share. */
export function sessionName(sessionKey: string, sessions: readonly SessionSummary[] | undefined): string {
  const label = sessions?.find((session) => session.key === sessionKey)?.label;
  if (label !== undefined && label !== "") return label;
  return sessionKey.startsWith(OWN) ? sessionKey.slice(OWN.length) : sessionKey.replace(/^agent:/, "");
}

/** The key of a session that a person names, or undefined when the name cannot be part of a key. */
export function sessionKeyOfName(name: string): string | undefined {
  const rest = name.trim().normalize("NFC");
  return NAME.test(rest) ? OWN + rest : undefined;
}
