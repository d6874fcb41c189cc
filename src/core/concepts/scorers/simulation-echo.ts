import { renderSimulateEcho } from '../prompts/simulate-prompt.ts'
import { readEchoSimulation } from '../replies/read-simulation.ts'
import type { LlmScorer } from './llm-scorer.ts'
import { scoreSimulation, simulatedWindows } from './simulated-score.ts'

/**
 * The original simulator: the whole sequence with "unknown" at each place is scored as a prompt, one call a sequence and not one token
 * written. For servers with completions, `echo` and log probabilities, and for models that run here.
 */
export const simulationEcho: LlmScorer = {
  id: 'simulation-echo',
  name: 'Simulation, all tokens at once',
  citation: 'Bills et al. 2023, Language models can explain neurons in language models',
  needs: 'completion-logprobs',
  requests: (concept, evidence, { calibration }) =>
    simulatedWindows(evidence, calibration).map(({ tokens }) => ({
      kind: 'completion',
      request: { prompt: renderSimulateEcho(concept, tokens).text, maxTokens: 0, echo: true, topLogprobs: 15 },
    })),
  score: (evidence, replies, { calibration }) =>
    scoreSimulation('pearson-simulation-echo', evidence, replies, calibration, (reply, window) =>
      reply.kind === 'completion'
        ? readEchoSimulation(reply.reply, window.tokens)
        : { ok: false, reason: 'the reply is of another kind' },
    ),
}
