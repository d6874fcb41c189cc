import { paperSummaryPrompt, renderSummaryPrompt } from '../prompts/summary-prompt.ts'
import { readExplanation } from '../replies/read-explanation.ts'
import { explainedRecords, type LlmExplainer } from './llm-explainer.ts'

/** The cheaper prompt: plain excerpts and a list of the tokens that the neuron fires on, no number a token. */
export const summaryExplainer: LlmExplainer = {
  id: 'summary',
  name: 'Excerpts and their strongest tokens',
  citation: 'Lee et al. 2023, The Importance of Prompt Tuning for Automated Neuron Explanations',
  request: (train, sampling) => ({
    messages: renderSummaryPrompt(train.slice(0, explainedRecords)).messages,
    ...sampling,
    topLogprobs: null,
  }),
  read: (reply) => readExplanation(reply, paperSummaryPrompt.lead),
}
