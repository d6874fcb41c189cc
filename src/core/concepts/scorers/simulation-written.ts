import type { ChatRequest } from '../language-model.ts'
import { renderSimulateChat, writtenPrompt } from '../prompts/simulate-prompt.ts'
import { readWrittenSimulation } from '../replies/read-simulation.ts'
import type { LlmScorer } from './llm-scorer.ts'
import { scoreSimulation, simulatedWindows } from './simulated-score.ts'

/** Tokens that an answer may take: each token of the sequence with its number, and some spare for vocabularies that split finer. */
function answerLength(tokens: number): number {
  return 6 * tokens + 40
}

/** Most alternatives that hosted servers give at one place of an answer. */
const topLogprobs = 15

function simulationScorer(
  about: Pick<LlmScorer, 'id' | 'name' | 'citation' | 'needs'>,
  fromLogprobs: boolean,
): LlmScorer {
  return {
    ...about,
    requests: (concept, evidence, { calibration, seed }) =>
      simulatedWindows(evidence, calibration).map(({ tokens }) => {
        const request: ChatRequest = {
          messages: renderSimulateChat(concept, tokens).messages,
          maxTokens: answerLength(tokens.length),
          temperature: 0,
          topP: 1,
          seed,
          topLogprobs: fromLogprobs ? topLogprobs : null,
        }
        return { kind: 'chat', request } as const
      }),
    score: (evidence, replies, { calibration }) =>
      scoreSimulation(`pearson-${about.id}`, evidence, replies, calibration, (reply, window) =>
        reply.kind === 'chat'
          ? readWrittenSimulation(reply.reply, window.tokens, writtenPrompt.delimiter, fromLogprobs)
          : { ok: false, reason: 'the reply is of another kind' },
      ),
  }
}

/** A chat model writes the sequence with whole numbers. One call a sequence. */
export const simulationWritten = simulationScorer(
  {
    id: 'simulation-written',
    name: 'Simulation, numbers as written',
    citation: 'Bills et al. 2023, released code: logprob-free simulator',
    needs: 'chat',
  },
  false,
)

/** A chat model writes the sequence; each value is the expectation over the likeliest numbers at its place. One call a sequence. */
export const simulationLogprobs = simulationScorer(
  {
    id: 'simulation-logprobs',
    name: 'Simulation, expected values',
    citation: 'Bills et al. 2023, Language models can explain neurons in language models',
    needs: 'chat-logprobs',
  },
  true,
)
