/**
 * Whose rules a context has to meet.
 *
 * `strict` meets all of them at once, for a caller who does not know where the messages go.
 */
export type ProviderProfile =
  "anthropic" | "openai-chat" | "openai-responses" | "google" | "bedrock" | "mistral" | "strict";

/** How two turns of one role in a row are taken: refused, joined by the provider itself, or left alone. */
type Alternation = "strict" | "soft" | "free";

/** The rules of a profile that go beyond what every provider asks. */
export interface ProfileRules {
  readonly profile: ProviderProfile;
  /** The form of a tool call's id. */
  readonly toolCallId: RegExp;
  /** How a made id looks: this, and then hexadecimal digits up to `length` characters. */
  readonly madeId: { readonly prefix: string; readonly length: number };
  /** A tool call's id occurs once in a request. */
  readonly uniqueIds: boolean;
  /** The first message is the user's. */
  readonly startsWithUser: boolean;
  /** The last message is the user's or a tool result. */
  readonly endsWithInput: boolean;
  readonly alternation: Alternation;
  /** A tool result is followed by the assistant, not by the user. */
  readonly assistantAfterResult: boolean;
  /** Reasoning is only taken back with the signature it was given out with. */
  readonly signedThinking: boolean;
  /** Reasoning is only taken back in front of the item it led to. */
  readonly thinkingLeads: boolean;
  /** A failed tool result holds text only. */
  readonly textOnlyErrors: boolean;
  /** Blank text is refused, not ignored. */
  readonly refusesBlank: boolean;
  /** The largest image, in bytes before base64. */
  readonly maxImageBytes: number;
}

const MIB = 1024 * 1024;

const FREE: Omit<ProfileRules, "profile" | "toolCallId" | "madeId"> = {
  uniqueIds: true,
  startsWithUser: false,
  endsWithInput: false,
  alternation: "free",
  assistantAfterResult: false,
  signedThinking: false,
  thinkingLeads: false,
  textOnlyErrors: false,
  refusesBlank: false,
  maxImageBytes: 20 * MIB,
};

const WORD_64 = /^[A-Za-z0-9_-]{1,64}$/;
const CALL_24 = { prefix: "call_", length: 29 };

const PROFILES: Readonly<Record<ProviderProfile, ProfileRules>> = {
  anthropic: {
    ...FREE,
    profile: "anthropic",
    toolCallId: WORD_64,
    madeId: { prefix: "toolu_", length: 30 },
    startsWithUser: true,
    endsWithInput: true,
    alternation: "soft",
    signedThinking: true,
    textOnlyErrors: true,
    refusesBlank: true,
    maxImageBytes: 5 * MIB,
  },
  "openai-chat": { ...FREE, profile: "openai-chat", toolCallId: /^[\x21-\x7e]{1,40}$/, madeId: CALL_24 },
  "openai-responses": {
    ...FREE,
    profile: "openai-responses",
    // The call's id, and after the bar the id of the output item that held it.
    toolCallId: /^[A-Za-z0-9_-]{1,64}(?:\|[A-Za-z0-9_-]{1,512})?$/,
    madeId: CALL_24,
    thinkingLeads: true,
  },
  google: {
    ...FREE,
    profile: "google",
    toolCallId: WORD_64,
    madeId: CALL_24,
    uniqueIds: false,
    startsWithUser: true,
    endsWithInput: true,
    alternation: "strict",
    refusesBlank: true,
  },
  bedrock: {
    ...FREE,
    profile: "bedrock",
    toolCallId: WORD_64,
    madeId: { prefix: "tooluse_", length: 32 },
    startsWithUser: true,
    endsWithInput: true,
    alternation: "strict",
    signedThinking: true,
    textOnlyErrors: true,
    refusesBlank: true,
    maxImageBytes: 3.75 * MIB,
  },
  mistral: {
    ...FREE,
    profile: "mistral",
    toolCallId: /^[A-Za-z0-9]{9}$/,
    madeId: { prefix: "", length: 9 },
    startsWithUser: true,
    endsWithInput: true,
    alternation: "strict",
    assistantAfterResult: true,
    refusesBlank: true,
    maxImageBytes: 10 * MIB,
  },
  strict: {
    profile: "strict",
    toolCallId: /^[A-Za-z0-9]{9}$/,
    madeId: { prefix: "", length: 9 },
    uniqueIds: true,
    startsWithUser: true,
    endsWithInput: true,
    alternation: "strict",
    assistantAfterResult: true,
    signedThinking: true,
    thinkingLeads: true,
    textOnlyErrors: true,
    refusesBlank: true,
    maxImageBytes: 3.75 * MIB,
  },
};

/** Throws `RangeError` for a name that is no profile, which a configuration can hold. */
export function rulesOf(profile: ProviderProfile): ProfileRules {
  if (Object.hasOwn(PROFILES, profile)) return PROFILES[profile];
  throw new RangeError(
    `unknown provider profile ${JSON.stringify(profile)}; known are ${Object.keys(PROFILES).join(", ")}`,
  );
}
