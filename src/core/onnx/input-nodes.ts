import { SnipError } from '../../contract/failure.ts'
import type { ImageInput, ModelLayout } from '../architectures/layout.ts'
import { elementType, type GraphBuilder } from './graph.ts'
import type { GraphParts } from './graph-parts.ts'
import { dimensionNames, type GraphPurpose } from './graph-purpose.ts'
import { positionNodes } from './position-nodes.ts'

type InputParts = Pick<GraphParts, 'batch' | 'sequence' | 'flatIds' | 'flatTypes' | 'valid' | 'positions'>

/** Name of the one input of a classifier of images: f32 [batch, channels, height, width], as preprocessor_config.json prepares it. */
export const pixelInput = 'pixel_values'

/**
 * `input_ids` int64 [batch, sequence]. A model that reads in both directions also takes `attention_mask` int64 [batch, sequence], 1 at tokens and
 * 0 at padding, and `token_type_ids` of the same shape where its table of types has more than one row.
 */
export function tokenNodes(b: GraphBuilder, layout: ModelLayout, purpose: GraphPurpose): InputParts {
  const names = dimensionNames(purpose)
  const perToken = [names.batch, names.sequence]
  const ids = b.input('input_ids', elementType.int64, perToken)
  const shape = b.node('Shape', [ids])
  const batch = b.node('Slice', [shape, b.ints([0]), b.ints([1])])
  const sequence = b.node('Slice', [shape, b.ints([1]), b.ints([2])])
  const flatIds = b.node('Reshape', [ids, b.ints([-1])])
  const isMasked = layout.bidirectional === true && purpose.attention !== 'given'
  const mask = isMasked ? b.input('attention_mask', elementType.int64, perToken) : null
  let flatTypes: string | null = null
  if (layout.tokenTypes && layout.tokenTypes.rows > 1) {
    flatTypes = b.node('Reshape', [b.input('token_type_ids', elementType.int64, perToken), b.ints([-1])])
  }
  const positions = positionNodes(b, layout, purpose.attention, { batch, sequence, ids, mask })
  let valid: string | null = null
  if (purpose.record?.statistics) {
    if (mask === null) valid = b.input('valid', elementType.float, [1, 'tokens'])
    else valid = b.node('Reshape', [b.node('Cast', [mask], { to: elementType.float }), b.ints([1, -1])])
  }
  return { batch, sequence, flatIds, flatTypes, valid, positions }
}

/** `pixel_values`. Every patch sees every other. Throws `unsupported-model` for what only texts have. */
export function imageNodes(
  b: GraphBuilder,
  layout: ModelLayout,
  { channels, height, width }: ImageInput,
  { attention, output, record }: GraphPurpose,
): InputParts {
  const isWhole = attention === 'causal' || attention === 'padded'
  if (!isWhole || (output !== 'logits' && output !== 'none')) {
    throw new SnipError('unsupported-model', `A ${layout.family} model classifies images and reads no text`, {
      remedy: 'Measure it with image-top1 on images.',
    })
  }
  const pixels = b.input(pixelInput, elementType.float, [dimensionNames({ attention }).batch, channels, height, width])
  const batch = b.node('Slice', [b.node('Shape', [pixels]), b.ints([0]), b.ints([1])])
  const sequence = b.ints([layout.contextLength])
  let valid: string | null = null
  if (record?.statistics) {
    const tokens = b.node('Concat', [b.ints([1]), b.node('Mul', [batch, sequence])], { axis: 0 })
    valid = b.node('Expand', [b.float(1), tokens])
  }
  const positions = { positions: '', perToken: false, attentionBias: () => null, rotary: null }
  return { batch, sequence, flatIds: null, flatTypes: null, valid, positions }
}
