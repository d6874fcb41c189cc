import { paperExplainPrompt, renderExplainPromptWithin } from '../prompts/explain-prompt.ts'
import { readExplanation } from '../replies/read-explanation.ts'
import { explainedRecords, type LlmExplainer } from './llm-explainer.ts'

/** SNIP step 1: three example neurons, then this one's tokens with activations from 0 to 10, rounded down. */
export const openaiOriginal: LlmExplainer = {
  id: 'openai-original',
  name: 'Tokens with activations',
  citation: 'Bills et al. 2023, Language models can explain neurons in language models',
  request: (train, sampling, room = null) => ({
    messages: renderExplainPromptWithin(train.slice(0, explainedRecords), room, sampling.maxTokens).messages,
    ...sampling,
    topLogprobs: null,
  }),
  read: (reply) => readExplanation(reply, paperExplainPrompt.lead),
}
