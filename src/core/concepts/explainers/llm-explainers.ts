import type { LlmExplainer } from './llm-explainer.ts'
import { openaiOriginal } from './openai-original.ts'
import { summaryExplainer } from './summary.ts'

/** Explainers that ask a language model, in the order in which they are offered. A new one is one file and one line here. */
export const llmExplainers: readonly LlmExplainer[] = [openaiOriginal, summaryExplainer]
