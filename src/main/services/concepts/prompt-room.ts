import type { Provider } from '../../../contract/workbench/providers.ts'
import type { PromptRoom } from '../../../core/concepts/prompts/explain-prompt.ts'
import { loadTokenCounter } from '../language-models/budget/token-counter.ts'
import { knownContextOf } from '../language-models/providers/known-contexts.ts'

/** Share that is added to a count by another model's tokenizer. */
const margin = 1.2

/** What a provider's chat model can hold: what a person said of it, else what its maker published; null where neither is known. */
export async function roomOf({
  chatModel,
  contextTokens,
}: Pick<Provider, 'chatModel' | 'contextTokens'>): Promise<PromptRoom | null> {
  const known = contextTokens ?? knownContextOf(chatModel)
  if (known === null) return null
  const counter = await loadTokenCounter(chatModel)
  const asked = { maxTokens: 0, temperature: 0, topP: 1, seed: null, topLogprobs: null }
  return {
    contextTokens: known,
    countTokens: (messages) => Math.ceil(counter.chat({ messages, ...asked }) * (counter.exact ? 1 : margin)),
  }
}
