import type OpenAI from 'openai'
import type { ChatRequest, CompletionRequest } from '../../../../core/concepts/language-model.ts'
import type { ProviderAddress } from '../providers/provider-url.ts'

/** OpenAI's own host wants the newer name of the longest answer; servers beside it know the older one. */
const newerHost = 'api.openai.com'

/** A chat request as it goes over the wire. */
export function chatBody(
  model: string,
  { host }: Pick<ProviderAddress, 'host'>,
  request: ChatRequest,
): OpenAI.Chat.ChatCompletionCreateParamsNonStreaming {
  const { messages, maxTokens, temperature, topP, seed, topLogprobs } = request
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    ...(host === newerHost ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    temperature,
    top_p: topP,
    ...(seed === null ? {} : { seed }),
    ...(topLogprobs === null ? {} : { logprobs: true, top_logprobs: topLogprobs }),
  }
}

export function completionBody(model: string, request: CompletionRequest): OpenAI.CompletionCreateParamsNonStreaming {
  const { prompt, maxTokens, echo, topLogprobs } = request
  return { model, prompt, max_tokens: maxTokens, echo, logprobs: topLogprobs, temperature: 0 }
}
