import type OpenAI from 'openai'
import type { ChatRequest, CompletionRequest } from '../../../../core/concepts/language-model.ts'
import type { Dialect } from './dialects.ts'

/** A chat request as it goes over the wire, in the dialect of its model. */
export function chatBody(
  model: string,
  { lengthName, without }: Dialect,
  request: ChatRequest,
): OpenAI.Chat.ChatCompletionCreateParamsNonStreaming {
  const { messages, maxTokens, temperature, topP, seed, topLogprobs } = request
  const takes = (name: Dialect['without'][number]) => !without.includes(name)
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    [lengthName]: maxTokens,
    ...(takes('temperature') ? { temperature } : {}),
    ...(takes('top_p') ? { top_p: topP } : {}),
    ...(seed !== null && takes('seed') ? { seed } : {}),
    ...(topLogprobs === null ? {} : { logprobs: true, top_logprobs: topLogprobs }),
  }
}

export function completionBody(model: string, request: CompletionRequest): OpenAI.CompletionCreateParamsNonStreaming {
  const { prompt, maxTokens, echo, topLogprobs } = request
  return { model, prompt, max_tokens: maxTokens, echo, logprobs: topLogprobs, temperature: 0 }
}
