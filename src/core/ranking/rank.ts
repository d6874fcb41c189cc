import type { RankedNeuron, Ranking } from '../../contract/files.ts'
import type { RankingInputs, RankingMethod, ScoredNeurons } from './method.ts'
import { countNeurons, neuronIdsOf } from './neuron-space.ts'
import { orderFlats } from './order.ts'
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
export function orderByScore({ scores, space, ranked }: ScoredNeurons): RankedNeuron[] {
  const order = orderFlats(space, scores, ranked)
  const idOf = neuronIdsOf(space)
  return Array.from(order, (flat, at) => ({ neuron: idOf(flat), score: scores[flat] as number, rank: at + 1 }))
}
