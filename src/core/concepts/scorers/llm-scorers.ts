import { detection } from './detection.ts'
import { fuzzing } from './fuzzing.ts'
import type { LlmScorer } from './llm-scorer.ts'
import { simulationEcho } from './simulation-echo.ts'
import { simulationLogprobs, simulationWritten } from './simulation-written.ts'

/** Scorers that ask a language model, in the order in which they are offered. A new one is one file and one line here. */
export const llmScorers: readonly LlmScorer[] = [
  simulationLogprobs,
  simulationWritten,
  simulationEcho,
  detection,
  fuzzing,
]
