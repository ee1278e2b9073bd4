import type { LanguageModel } from "ai";

/** Services that answer through the Vercel AI SDK. */
export const AI_PROVIDERS = ["anthropic", "openai", "google", "openai-compatible"] as const;
export type AiProvider = (typeof AI_PROVIDERS)[number];

/** Where the models of a service are. */
export interface AiService {
  readonly provider: AiProvider;
  /** Another address of the service's API. Needed for `openai-compatible`. Default: the provider's own. */
  readonly baseUrl?: string;
  /** Default: none is sent, or the one the provider's own variable names. */
  readonly apiKey?: string;
}

/** Makes the way to a model by its name. Only the package of the one provider is loaded, and only now. */
export async function openModels({
  provider,
  baseUrl: baseURL,
  apiKey,
}: AiService): Promise<(model: string) => LanguageModel> {
  const settings = {
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
  switch (provider) {
    case "anthropic":
      return (await import("@ai-sdk/anthropic")).createAnthropic(settings);
    case "openai":
      return (await import("@ai-sdk/openai")).createOpenAI(settings);
    case "google":
      return (await import("@ai-sdk/google")).createGoogleGenerativeAI(settings);
    case "openai-compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      return createOpenAICompatible({ ...settings, name: provider, baseURL: baseURL ?? "" });
    }
  }
}
