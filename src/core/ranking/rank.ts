import { SnipError, invariant } from '../../contract/failure.ts'
import type { RankedNeuron, Ranking } from '../../contract/files.ts'
import { type Neuron, formatNeuron } from '../../contract/neuron.ts'
import type { RankingInputs, RankingMethod, ScoredNeurons } from './method.ts'
import { countNeurons, neuronsOf } from './neuron-space.ts'
import { resolveParams } from './resolve-params.ts'

export interface RankOptions {
  readonly modelHash: string | null
  readonly preset?: string | null
  /** Values, or texts as from `--param k=v`. */
  readonly params?: Readonly<Record<string, unknown>>
}

/** Runs a method: resolves its parameters, scores, orders, and writes down how it was made. */
export function rankNeurons(method: RankingMethod, inputs: RankingInputs, options: RankOptions): Ranking {
  const { params, preset } = resolveParams(method, options.preset ?? null, options.params ?? {})
  const scored = method.run(inputs, params)
  return {
    header: {
      method: method.id,
      preset,
      params,
      modelHash: options.modelHash,
      seed: method.seeded ? inputs.seed : null,
      neuronCount: countNeurons(scored.space),
      ...(scored.warnings.length === 0 ? {} : { warnings: [...scored.warnings] }),
    },
    neurons: orderByScore(scored),
  }
}

/**
 * Scored neurons in descending order of score; ties go to the lower layer, then the lower index (MLP before attention).
 * Throws `not-finite` for a score that is not a finite number.
 */
export function orderByScore(scored: ScoredNeurons): RankedNeuron[] {
  const { scores, space } = scored
  const neurons: Neuron[] = Array.from(neuronsOf(space))
  invariant(scores.length === neurons.length, `${scores.length} scores for ${neurons.length} neurons`)
  const order = scored.ranked === null ? Array.from(scores, (_, flat) => flat) : [...scored.ranked]
  for (const flat of order) {
    if (Number.isFinite(scores[flat])) continue
    throw new SnipError('not-finite', `The score of neuron ${formatNeuron(neurons[flat] as Neuron)} is not finite`, {
      remedy: 'Look for activations or embeddings that are not finite.',
    })
  }
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || compareTied(neurons, a, b))
  return order.map((flat, at) => ({
    neuron: formatNeuron(neurons[flat] as Neuron),
    score: scores[flat] as number,
    rank: at + 1,
  }))
}

/** "Ties go to the lower layer, then the lower index": the site decides only between the same layer and index. */
function compareTied(neurons: readonly Neuron[], a: number, b: number): number {
  const first = neurons[a] as Neuron
  const second = neurons[b] as Neuron
  return first.layer - second.layer || first.index - second.index || a - b
}
