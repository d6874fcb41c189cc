import { invariant } from '../../contract/failure.ts'

/** What a recording adds up per neuron over all tokens of a corpus; every array has one entry per neuron. */
export interface ActivationSums {
  /** Number of tokens counted, padding left out. */
  readonly tokens: number
  /** Tokens with an activation above 0. */
  readonly countPositive: ArrayLike<number>
  readonly sum: ArrayLike<number>
  readonly sumAbs: ArrayLike<number>
  readonly sumSquares: ArrayLike<number>
  readonly max: ArrayLike<number>
}

/** Statistics of every neuron of one layer, or of a whole neuron space in its flat order. */
export interface NeuronStatistics {
  readonly tokens: number
  /** Share of tokens with an activation above 0. */
  readonly freq: Float64Array
  /** Mean of |z|. */
  readonly meanAbs: Float64Array
  /** sqrt(mean of z squared). */
  readonly rms: Float64Array
  readonly mean: Float64Array
  /** sqrt(mean of (z - mean) squared): divided by N, not N - 1. */
  readonly stdPopulation: Float64Array
  readonly max: Float64Array
}

/** The importance functions of selective pruning, Definition 1 (arXiv 2403.01267), in their intended forms. */
export const importanceNames = ['meanAbs', 'freq', 'rms', 'stdPopulation'] as const
export type ImportanceName = (typeof importanceNames)[number]

/** Statistics per neuron from sums over `tokens` >= 1 tokens, in float64. */
export function statisticsFromSums(sums: ActivationSums): NeuronStatistics {
  const { tokens } = sums
  const neurons = sums.sum.length
  invariant(tokens > 0, 'statistics need at least one token')
  for (const part of [sums.countPositive, sums.sumAbs, sums.sumSquares, sums.max]) {
    invariant(part.length === neurons, `sums of ${part.length} neurons beside sums of ${neurons}`)
  }
  const statistics = emptyStatistics(tokens, neurons)
  for (let at = 0; at < neurons; at++) {
    const mean = (sums.sum[at] as number) / tokens
    const meanSquare = (sums.sumSquares[at] as number) / tokens
    statistics.freq[at] = (sums.countPositive[at] as number) / tokens
    statistics.meanAbs[at] = (sums.sumAbs[at] as number) / tokens
    statistics.rms[at] = Math.sqrt(meanSquare)
    statistics.mean[at] = mean
    // The difference of two rounded numbers can fall below 0 for a constant neuron.
    statistics.stdPopulation[at] = Math.sqrt(Math.max(0, meanSquare - mean * mean))
    statistics.max[at] = sums.max[at] as number
  }
  return statistics
}

/** Statistics of several layers, all over the same tokens, as one: entries follow the order of `parts`. */
export function concatStatistics(parts: readonly NeuronStatistics[]): NeuronStatistics {
  const tokens = parts[0]?.tokens ?? 0
  const neurons = parts.reduce((sum, part) => sum + part.mean.length, 0)
  const joined = emptyStatistics(tokens, neurons)
  let offset = 0
  for (const part of parts) {
    invariant(part.tokens === tokens, `layers of one recording cover the same tokens, not ${tokens} and ${part.tokens}`)
    for (const name of ['freq', 'meanAbs', 'rms', 'mean', 'stdPopulation', 'max'] as const) {
      joined[name].set(part[name], offset)
    }
    offset += part.mean.length
  }
  return joined
}

/**
 * The importance as the authors' code computes it, bugs included: `stdPopulation` is the sample variance V, `rms` is
 * sqrt(V squared + mean squared); `freq` and `meanAbs` agree with the intended forms.
 */
export function importanceAsReleased(statistics: NeuronStatistics, name: ImportanceName, at: number): number {
  if (name === 'freq' || name === 'meanAbs') return statistics[name][at] as number
  const bessel = statistics.tokens > 1 ? statistics.tokens / (statistics.tokens - 1) : 1
  const sampleVariance = (statistics.stdPopulation[at] as number) ** 2 * bessel
  return name === 'stdPopulation' ? sampleVariance : Math.hypot(sampleVariance, statistics.mean[at] as number)
}

function emptyStatistics(tokens: number, neurons: number): NeuronStatistics {
  return {
    tokens,
    freq: new Float64Array(neurons),
    meanAbs: new Float64Array(neurons),
    rms: new Float64Array(neurons),
    mean: new Float64Array(neurons),
    stdPopulation: new Float64Array(neurons),
    max: new Float64Array(neurons),
  }
}
