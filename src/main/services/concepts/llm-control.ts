import { SnipError, type FailureKind } from '../../../contract/failure.ts'
import type { Concept } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import { splitForLanguageModel } from '../../../core/concepts/llm-evidence.ts'
import { areaUnderCurve } from '../../../core/stats/area-under-curve.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import type { OpenLanguageModel } from '../language-models/index.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { evidenceOf, type EvidencePlace } from './llm-evidence.ts'
import { scoreText } from './llm-neuron.ts'
import { moneyWords, type ControlSummary } from './llm-progress.ts'
import { Outcomes } from './llm-outcomes.ts'
import { inParallel } from './llm-pool.ts'
import type { LlmWays } from './llm-ways.ts'

/** A neuron on whose windows the sentence of another neuron was scored. */
export interface ConceptControl {
  readonly neuron: NeuronId
  /** The neuron whose sentence it is. */
  readonly other: NeuronId
  readonly text: string
  readonly score: number | null
  readonly scoreKind: string
  readonly reason?: string
}

/** Controls in the order of their neurons, and whether those are all that were to be scored. */
export interface ConceptControls {
  readonly controls: readonly ConceptControl[]
  readonly areAll: boolean
}

/** What ends controls and no more than these: the cap, and a server that does not go on. */
const endings: ReadonlySet<FailureKind> = new Set([
  'budget',
  'offline',
  'llm-key',
  'llm-quota',
  'llm-model',
  'llm-unreachable',
])

/**
 * Scores the sentence of a random other neuron on each of `most` explained neurons. They stand on a random circle and each gets its
 * neighbour's sentence, so that none gets its own. At the cap, or where the server does not go on, it ends with a warning and what it has.
 */
export async function controlConcepts(
  models: Models,
  languageModel: OpenLanguageModel,
  ways: LlmWays,
  place: EvidencePlace,
  concepts: readonly Concept[],
  most: number,
  task: Task,
): Promise<ConceptControls> {
  const scored = concepts.filter(({ score }) => score !== null)
  const random = createRandom(deriveSeed(ways.seed, 'control'))
  const circle = random.sample(scored.length, Math.min(most, scored.length)).map((at) => scored[at]!)
  if (circle.length < 2) return { controls: [], areAll: true }
  const others = new Map(circle.map(({ neuron }, k) => [neuron, circle[(k + 1) % circle.length]!]))
  const stop = new AbortController()
  const signal = AbortSignal.any([task.signal, stop.signal])
  const found = new Map<NeuronId, ConceptControl>()
  const neurons = circle.map(({ neuron }) => neuron)
  const { concurrency } = languageModel.provider
  const finish = (neuron: NeuronId, result: Pick<ConceptControl, 'score' | 'scoreKind' | 'reason'>) => {
    const { score, scoreKind, reason } = result
    const { neuron: other, text } = others.get(neuron)!
    found.set(neuron, { neuron, other, text, score, scoreKind, ...(reason === undefined ? {} : { reason }) })
    task.report({
      stage: 'Scoring other neurons’ sentences',
      done: found.size,
      total: circle.length,
      unit: 'neurons',
      note: moneyWords(languageModel.spending()),
    })
  }
  const kinds = new Map(circle.map(({ neuron, scoreKind }) => [neuron, scoreKind!]))
  const outcomes = new Outcomes<NeuronId>(concurrency, (neuron, reason) =>
    finish(neuron, { score: null, scoreKind: kinds.get(neuron)!, reason }),
  )
  try {
    await inParallel(evidenceOf(models, place, neurons, signal), concurrency, stop, async (evidence) => {
      const { neuron } = evidence
      try {
        const split = splitForLanguageModel(evidence)
        const score = await scoreText(others.get(neuron)!.text, split, ways, languageModel, signal)
        outcomes.wentWell()
        finish(neuron, score)
      } catch (error) {
        outcomes.failed(neuron, error)
      }
    })
    outcomes.end()
  } catch (error) {
    if (!(error instanceof SnipError) || !endings.has(error.kind)) throw error
    task.warn(`The control ended after ${found.size} of ${circle.length} neurons: ${error.message}`)
  }
  return { controls: neurons.flatMap((neuron) => found.get(neuron) ?? []), areAll: found.size === circle.length }
}

/** How the sentences of neurons that were controlled did against those of others. */
export function summariseControls(concepts: readonly Concept[], controls: readonly ConceptControl[]): ControlSummary {
  const controlled = new Set(controls.map(({ neuron }) => neuron))
  const scores = (all: readonly { readonly score: number | null }[]) =>
    all.flatMap(({ score }) => (score === null ? [] : [score]))
  const own = scores(concepts.filter(({ neuron }) => controlled.has(neuron)))
  const others = scores(controls)
  return {
    neurons: controls.length,
    meanScore: mean(own),
    meanControl: mean(others),
    area: areaUnderCurve(own, others),
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
