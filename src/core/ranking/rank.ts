import type { RankedNeuron, Ranking } from '../../contract/files.ts'
import type { RankingInputs, RankingMethod, ScoredNeurons } from './method.ts'
import { atOnce, type Steps } from '../steps.ts'
import { countNeurons, neuronIdsOf } from './neuron-space.ts'
import { orderFlatsInSteps } from './order.ts'
import { resolveParams } from './resolve-params.ts'

/** Neurons that are named in one step. */
const neuronsTogether = 10_000

export interface RankOptions {
  readonly modelHash: string | null
  readonly preset?: string | null
  /** Values, or texts as from `--param k=v`. */
  readonly params?: Readonly<Record<string, unknown>>
}

/** Runs a method: resolves its parameters, scores, orders, and writes down how it was made. */
export function rankNeurons(method: RankingMethod, inputs: RankingInputs, options: RankOptions): Ranking {
  return atOnce(rankInSteps(method, inputs, options))
}

/** The same in steps, for hundreds of thousands of neurons. */
export function* rankInSteps(method: RankingMethod, inputs: RankingInputs, options: RankOptions): Steps<Ranking> {
  const { params, preset } = resolveParams(method, options.preset ?? null, options.params ?? {})
  const scored = yield* method.run(inputs, params)
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
    neurons: yield* orderInSteps(scored),
  }
}

/**
 * Scored neurons in descending order of score; ties go to the lower layer, then the lower index (MLP before attention).
 * Throws `not-finite` for a score that is not a finite number.
 */
export function orderByScore(scored: ScoredNeurons): RankedNeuron[] {
  return atOnce(orderInSteps(scored))
}

function* orderInSteps({ scores, space, ranked }: ScoredNeurons): Steps<RankedNeuron[]> {
  const order = yield* orderFlatsInSteps(space, scores, ranked)
  const idOf = neuronIdsOf(space)
  const neurons: RankedNeuron[] = []
  for (const flat of order) {
    if (neurons.length % neuronsTogether === 0) yield
    neurons.push({ neuron: idOf(flat), score: scores[flat] as number, rank: neurons.length + 1 })
  }
  return neurons
}
