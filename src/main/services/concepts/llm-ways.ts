import { SnipError } from '../../../contract/failure.ts'
import type { Provider } from '../../../contract/workbench/providers.ts'
import type { LlmExplainer } from '../../../core/concepts/explainers/llm-explainer.ts'
import { llmExplainers } from '../../../core/concepts/explainers/llm-explainers.ts'
import type { PromptRoom } from '../../../core/concepts/prompts/explain-prompt.ts'
import { calibrations, type Calibration } from '../../../core/concepts/scorers/calibration.ts'
import type { LlmScorer } from '../../../core/concepts/scorers/llm-scorer.ts'
import { llmScorers } from '../../../core/concepts/scorers/llm-scorers.ts'
import type { AskedBefore } from './failed-answers.ts'

/** How neurons are explained by a language model. */
export interface LlmWays extends AskedBefore {
  readonly explainer: LlmExplainer
  /** Null leaves sentences unscored. */
  readonly scorer: LlmScorer | null
  readonly calibration: Calibration
  /** Sentences drawn for a neuron; of several, the one that scores best is kept. */
  readonly samples: number
  readonly seed: number
  /** What the model can hold, where that is known. */
  readonly room?: PromptRoom | null
}

/** Ways as a person names them. */
export interface NamedWays {
  readonly explainer: string
  readonly scorer: string | null
  readonly calibration: string
  readonly samples: number
  readonly seed: number
}

export function isLlmExplainer(id: string): boolean {
  return llmExplainers.some((member) => member.id === id)
}

/** The registered members with these names. Throws `bad-argument`. */
export function findWays({ explainer, scorer, calibration, samples, seed }: NamedWays): LlmWays {
  const found = calibrations.find((name) => name === calibration)
  if (found === undefined) throw unknown('calibration', calibration, calibrations)
  return {
    explainer: memberOf(llmExplainers, 'explainer', explainer),
    scorer: scorer === null ? null : memberOf(llmScorers, 'scorer', scorer),
    calibration: found,
    samples,
    seed,
  }
}

/** Throws `llm-model` where a provider was seen to lack what a scorer needs; what was never tried is tried. */
export function checkAbilities({ scorer }: Pick<LlmWays, 'scorer'>, { name, capabilities }: Provider): void {
  if (scorer?.needs === 'chat-logprobs' && capabilities.logprobs === false) {
    throw new SnipError('llm-model', `${name} gives no log probabilities, which the scorer '${scorer.id}' reads`, {
      remedy: 'Use simulation-written, detection or fuzzing.',
    })
  }
  if (scorer?.needs === 'completion-logprobs' && capabilities.echo !== true) {
    throw new SnipError(
      'llm-model',
      `${name} was not seen to score the tokens of a prompt: '${scorer.id}' needs that`,
      {
        remedy: 'Test the connection first, or use simulation-logprobs or simulation-written.',
      },
    )
  }
}

function memberOf<T extends { readonly id: string }>(members: readonly T[], what: string, id: string): T {
  const member = members.find((one) => one.id === id)
  if (member) return member
  throw unknown(
    what,
    id,
    members.map((one) => one.id),
  )
}

function unknown(what: string, id: string, names: readonly string[]): SnipError {
  return new SnipError('bad-argument', `There is no ${what} '${id}'`, { remedy: `Use one of: ${names.join(', ')}.` })
}
