import {
  validateMessages,
  type AppendItem,
  type ProviderProfile,
  type SystemPrompt,
  type ThinkingContent,
  type Transcript,
  type Usage,
  type UserMessage,
} from "@session-lock/transcript";
import { untilAborted } from "./abortable.ts";
import { DeltaStream } from "./delta-stream.ts";
import { runKeys } from "../session/inputs.ts";
import type { LaneLease } from "../lane/lane-lease.ts";
import type { RunEvents } from "./run-events.ts";
import { writeRows } from "./run-rows.ts";
import type { AgentEvent, AgentRunner, AgentRunRequest, AgentToolCall } from "../runners/runner.ts";
import { NO_USAGE, usageOf, type Said } from "./said.ts";
import { ToolGroup } from "./tool-group.ts";

/** What a turn works with. */
export interface TurnSetup {
  readonly sessionKey: string;
  readonly transcript: Transcript;
  readonly runner: AgentRunner;
  /** What the rows say who produced them. */
  readonly model: AgentRunner["model"];
  readonly events: RunEvents;
  readonly lease: LaneLease;
  /** Gives the run what waits for it, with its rows on the branch. */
  steer(): Promise<readonly UserMessage[]>;
}

/** What one turn is about. */
export type TurnTopic = Pick<AgentRunRequest, "runId" | "input" | "thinking" | "model">;

/** The runner at work on one input: its text becomes deltas, its tool calls become rows. */
export class Turn {
  readonly #runId: string;
  readonly #setup: TurnSetup;
  readonly #stream: DeltaStream;
  #group: ToolGroup | undefined;
  #thoughts: ThinkingContent[] = [];
  #usage: Usage = NO_USAGE;

  constructor(runId: string, setup: TurnSetup) {
    this.#runId = runId;
    this.#setup = setup;
    this.#stream = new DeltaStream((deltaText, text) => setup.events.delta(deltaText, text));
  }

  /** What was said since the last tool calls. */
  get text(): string {
    return this.#stream.text;
  }

  /** The same, with what the model thought and used for it. */
  get said(): Said {
    return { text: this.text, thoughts: this.#thoughts, usage: this.#usage };
  }

  /**
   * Takes the turn: the user's words are on the branch by now. Throws what the runner throws, and the signal's reason.
   * `handed-over`: after the results of its tools, since another gateway has asked for the lane and goes on from there.
   */
  async take(topic: TurnTopic, signal: AbortSignal): Promise<"said" | "handed-over"> {
    const { transcript, runner, sessionKey } = this.#setup;
    const { messages, instructions } = await contextFor(transcript, runner.profile ?? "strict");
    const takeSteering = (): Promise<readonly UserMessage[]> => this.#steer();
    const about = {
      ...topic,
      sessionKey,
      sessionId: transcript.sessionId,
      messages,
      instructions,
      takeSteering,
    };
    try {
      for await (const event of untilAborted(runner.run({ ...about, signal }), signal)) {
        if ((await this.#take(event)) === "stored" && this.#setup.lease.isWanted) return "handed-over";
      }
      if (this.#group !== undefined) throw new Error("the runner ended before its tools did");
      return "said";
    } finally {
      this.#stream.end();
    }
  }

  /** The rows of tool calls that were open when the turn ended. */
  openRows(): readonly AppendItem[] {
    return this.#group === undefined ? [] : this.#itemsOf(this.#group);
  }

  /** A message between calls and their results would part them: it waits for the next occasion. */
  async #steer(): Promise<readonly UserMessage[]> {
    return this.#group === undefined ? this.#setup.steer() : [];
  }

  async #take(event: AgentEvent): Promise<"taken" | "stored"> {
    if (event.type === "tool-result") return this.#takeResult(event);
    if (this.#group !== undefined) throw new Error(`the runner sent ${event.type} while its tools work`);
    switch (event.type) {
      case "text":
        this.#stream.push(event.text);
        return "taken";
      case "thinking":
        this.#thoughts.push(thoughtOf(event));
        return "taken";
      case "usage":
        this.#usage = usageOf(event);
        return "taken";
      case "tool-calls":
        return this.#takeCalls(event.calls);
    }
  }

  #takeCalls(calls: readonly AgentToolCall[]): "taken" {
    // The text belongs to the calls from here on, so that no outcome stores it a second time.
    this.#group = new ToolGroup(this.said, calls);
    this.#stream.restart();
    this.#thoughts = [];
    this.#usage = NO_USAGE;
    for (const call of calls) this.#setup.events.toolStarted(call);
    return "taken";
  }

  /** `stored`: it was the last one of its group, and the group is on the branch. */
  async #takeResult(result: AgentEvent & { readonly type: "tool-result" }): Promise<"taken" | "stored"> {
    const group = this.#group;
    if (group === undefined) throw new Error("the runner gave a tool result without a call");
    this.#setup.events.toolEnded(group.answer(result), result);
    if (!group.complete) return "taken";
    const { transcript, lease, events } = this.#setup;
    await writeRows(transcript, { rows: this.#itemsOf(group), purpose: "run tools", lease });
    this.#group = undefined;
    if (group.said.text.trim() !== "") events.textStored();
    return "stored";
  }

  #itemsOf(group: ToolGroup): AppendItem[] {
    return group.rows(this.#setup.model).map((message, index) => {
      return { message, idempotencyKey: runKeys.tool(this.#runId, `${group.name}-${index}`) };
    });
  }
}

function thoughtOf({
  text,
  signature,
  redacted = false,
}: AgentEvent & { readonly type: "thinking" }): ThinkingContent {
  return {
    type: "thinking",
    thinking: text,
    ...(signature === undefined ? {} : { thinkingSignature: signature }),
    ...(redacted ? { redacted } : {}),
  };
}

/** What the model may be given. Throws when even the projection breaks a rule of the provider, before it is called. */
async function contextFor(
  transcript: Transcript,
  profile: ProviderProfile,
): Promise<Pick<AgentRunRequest, "messages" | "instructions">> {
  const { messages, system } = await transcript.context(profile);
  const fault = validateMessages(messages, { profile }).findings.find(({ severity }) => severity === "E");
  if (fault !== undefined)
    throw new Error(`the conversation cannot be sent: ${fault.code}: ${fault.message}`);
  return { messages, instructions: system === undefined ? undefined : systemText(system) };
}

function systemText({ content, sections }: SystemPrompt): string | undefined {
  const text = [content, ...Object.values(sections)].filter((part) => part !== "").join("\n\n");
  return text === "" ? undefined : text;
}
