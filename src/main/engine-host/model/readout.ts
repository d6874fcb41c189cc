import { SnipError } from '../../../contract/failure.ts'
import type { Neuron } from '../../../contract/neuron.ts'
import type { Linear, ModelLayout, Norm } from '../../../core/architectures/layout.ts'

/** The weights between neurons and tokens, which are read without running the model. */
export interface Readout {
  /** Token embeddings, [vocabulary, width]. */
  readonly embedding: string
  /** The projection whose input the neuron is; null for a neuron that is not there. */
  outputOf(neuron: Pick<Neuron, 'site' | 'layer'>): Linear | null
  /** The linear part of the norms that a neuron's output goes through on its way to the head, without later layers. */
  readonly norms: (neuron: Pick<Neuron, 'site' | 'layer'>) => readonly ReadoutNorm[]
  /** From the width to that of the head; null where they are the same. */
  readonly outputProjection: Linear | null
  readonly head: Linear
}

/** What is linear in a norm: `centred` ones take the mean out first; then the weights multiply, `plusOne` with 1 added. */
export interface ReadoutNorm {
  readonly centred: boolean
  readonly plusOne: boolean
  readonly weight: string | null
}

/** The readout of a model that a layout describes. */
export function readoutOfLayout(layout: ModelLayout): Partial<Readout> {
  const { embedding, finalNorm, outputProjection, headTransform, head, blocks } = layout
  // A model of norms after each sum has its last norm in its last layer.
  const lastNorm = finalNorm ?? blocks.at(-1)?.mlpResidualNorm
  return {
    embedding,
    outputOf: ({ site, layer }) => {
      const sublayer = blocks[layer]?.[site]
      if (!sublayer || sublayer.kind === 'removed') return null
      return sublayer.kind === 'mlp' ? sublayer.down : sublayer.output
    },
    norms: ({ site, layer }) => {
      const block = blocks[layer]
      const outputNorm = site === 'mlp' ? block?.mlpOutputNorm : block?.attentionOutputNorm
      return [outputNorm, lastNorm].flatMap((norm) => (norm ? [linearPart(norm)] : []))
    },
    outputProjection: outputProjection ?? null,
    // Behind an activation function no token is spoken for directly.
    ...(headTransform ? {} : { head }),
  }
}

function linearPart({ kind, weight }: Norm): ReadoutNorm {
  return { centred: kind === 'layer', plusOne: kind === 'rms-plus-one', weight }
}

/** A part of the readout that an operation cannot do without. Throws `unsupported-model` where a graph did not show it. */
export function requirePart<T>(part: T | null | undefined, what: string): T {
  if (part !== null && part !== undefined) return part
  throw new SnipError('unsupported-model', `The graph of this model does not show ${what}`, {
    remedy: 'Open the checkpoint folder that the file was made from.',
  })
}
