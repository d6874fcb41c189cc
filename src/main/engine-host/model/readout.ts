import { SnipError } from '../../../contract/failure.ts'
import type { Neuron } from '../../../contract/neuron.ts'
import type { Linear, ModelLayout } from '../../../core/architectures/layout.ts'

/** The weights between neurons and tokens, which are read without running the model. */
export interface Readout {
  /** Token embeddings, [vocabulary, width]. */
  readonly embedding: string
  /** The projection whose input the neuron is; null for a neuron that is not there. */
  outputOf(neuron: Pick<Neuron, 'site' | 'layer'>): Linear | null
  /** The linear part of the last norm: `centred` norms take the mean out first. */
  readonly finalNorm: { readonly centred: boolean; readonly weight: string }
  readonly head: Linear
}

/** The readout of a model that a layout describes. */
export function readoutOfLayout(layout: ModelLayout): Readout {
  const { embedding, finalNorm, head, blocks } = layout
  return {
    embedding,
    outputOf: ({ site, layer }) => {
      const sublayer = blocks[layer]?.[site]
      if (!sublayer || sublayer.kind === 'removed') return null
      return sublayer.kind === 'mlp' ? sublayer.down : sublayer.output
    },
    finalNorm: { centred: finalNorm.kind === 'layer', weight: finalNorm.weight },
    head,
  }
}

/** A part of the readout that an operation cannot do without. Throws `unsupported-model` where a graph did not show it. */
export function requirePart<T>(part: T | null | undefined, what: string): T {
  if (part !== null && part !== undefined) return part
  throw new SnipError('unsupported-model', `The graph of this model does not show ${what}`, {
    remedy: 'Open the checkpoint folder that the file was made from.',
  })
}
