/** A tool that a model may call. */
export interface AgentTool {
  readonly name: string;
  /** What the model is told of it. */
  readonly description: string;
  /** JSON schema of the arguments. They are checked by the provider, if at all: check them again. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Does it. What it throws is told to the model as the result. */
  run(args: Readonly<Record<string, unknown>>, options: { readonly signal: AbortSignal }): Promise<string>;
}
