import type { Site } from '../../contract/neuron.ts'

/** What a graph is for; one small graph per purpose, since a session computes all of its graph whatever is fetched. */
export interface GraphPurpose {
  /**
   * `causal`: each position sees itself and those before it, as many as its layer's window has; in a bidirectional model, all that
   * `attention_mask` does not leave out. `cached`: as causal, after the positions of a key-value cache.
   * `given`: `position_ids` [batch, sequence] and `attention_bias` [batch, 1, sequence, sequence] are inputs; windows still count.
   * `padded`: as cached, with the inputs and outputs that transformers.js and Optimum know: `attention_mask` [batch, past + sequence] leaves padding
   * out, wherever it stands. A bidirectional model has no cache: it differs in the names of dimensions alone.
   */
  readonly attention: 'causal' | 'cached' | 'given' | 'padded'
  /** One input per layer and site, `mlp.3.mask` [neurons], multiplied into the neurons. */
  readonly masks: boolean
  /** One more for each mask, `mlp.3.offset`, added after it: what a removed neuron is fixed at. */
  readonly offsets?: true
  /** Sites whose neurons are outputs; `statistics` adds sums over the valid positions and maxima per window. */
  readonly record: { readonly sites: readonly Site[]; readonly statistics: boolean } | null
  /**
   * `logits-at` needs the input `places` [places], of one sequence, and gives [places, vocabulary]. `losses` needs the input `targets` [batch,
   * sequence]; `losses-and-ranks` adds the rank of each target.
   */
  readonly output: 'none' | 'logits' | 'last-logits' | 'logits-at' | 'losses' | 'losses-and-ranks'
}

/** What the symbolic dimensions of inputs and outputs are called. Loaders of a `padded` graph know these very names. */
export function dimensionNames({ attention }: Pick<GraphPurpose, 'attention'>) {
  return attention === 'padded'
    ? ({
        batch: 'batch_size',
        sequence: 'sequence_length',
        past: 'past_sequence_length',
        total: 'past_sequence_length + sequence_length',
      } as const)
    : ({ batch: 'batch', sequence: 'sequence', past: 'past', total: 'total' } as const)
}
