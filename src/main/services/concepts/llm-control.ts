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

/**
 * Scores the sentence of a random other neuron on each of `most` explained neurons. They stand on a random circle and each gets its
 * neighbour's sentence, so that none gets its own.
 */
export async function controlConcepts(
  models: Models,
  languageModel: OpenLanguageModel,
  ways: LlmWays,
  place: EvidencePlace,
  concepts: readonly Concept[],
  most: number,
  task: Task,
): Promise<ConceptControl[]> {
  const scored = concepts.filter(({ score }) => score !== null)
  const random = createRandom(deriveSeed(ways.seed, 'control'))
  const circle = random.sample(scored.length, Math.min(most, scored.length)).map((at) => scored[at]!)
  if (circle.length < 2) return []
  const others = new Map(circle.map(({ neuron }, k) => [neuron, circle[(k + 1) % circle.length]!]))
  const stop = new AbortController()
  const signal = AbortSignal.any([task.signal, stop.signal])
  const found = new Map<NeuronId, ConceptControl>()
  const neurons = circle.map(({ neuron }) => neuron)
  const { concurrency } = languageModel.provider
  await inParallel(evidenceOf(models, place, neurons, signal), concurrency, stop, async (evidence) => {
    const { neuron } = evidence
    const other = others.get(neuron)!
    const { score, scoreKind, reason } = await scoreText(
      other.text,
      splitForLanguageModel(evidence),
      ways,
      languageModel,
      signal,
    )
    found.set(neuron, {
      neuron,
      other: other.neuron,
      text: other.text,
      score,
      scoreKind,
      ...(reason === undefined ? {} : { reason }),
    })
    task.report({
      stage: 'Scoring other neurons’ sentences',
      done: found.size,
      total: circle.length,
      unit: 'neurons',
      note: moneyWords(languageModel.spending()),
    })
  })
  return neurons.map((neuron) => found.get(neuron)!)
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
