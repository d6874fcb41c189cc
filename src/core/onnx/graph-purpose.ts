import type { Site } from '../../contract/neuron.ts'

/** What a graph is for; one small graph per purpose, since a session computes all of its graph whatever is fetched. */
export interface GraphPurpose {
  /**
   * `causal`: each position sees itself and those before it, as many as its layer's window has; in a bidirectional model, all valid ones,
   * which the input `valid` [1, batch x sequence] marks with 1. `cached`: as causal, after the positions of a key-value cache.
   * `given`: `position_ids` [batch, sequence] and `attention_bias` [batch, 1, sequence, sequence] are inputs; windows still count.
   */
  readonly attention: 'causal' | 'cached' | 'given'
  /** One input per layer and site, `mlp.3.mask` [neurons], multiplied into the neurons. */
  readonly masks: boolean
  /** Sites whose neurons are outputs; `statistics` adds sums over the valid positions and maxima per window. */
  readonly record: { readonly sites: readonly Site[]; readonly statistics: boolean } | null
  /** `losses` needs the input `targets` [batch, sequence]; `losses-and-ranks` adds the rank of each target. */
  readonly output: 'none' | 'logits' | 'last-logits' | 'losses' | 'losses-and-ranks'
}
