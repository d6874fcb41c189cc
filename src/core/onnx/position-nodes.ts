import { SnipError } from '../../contract/failure.ts'
import type { ModelLayout } from '../architectures/layout.ts'
import { elementType, type GraphBuilder } from './graph.ts'
import { dimensionNames, type GraphPurpose } from './graph-purpose.ts'
import { rotaryNodes, type RotaryNodes } from './rotary-nodes.ts'

/** Exactly 0 after the softmax, and still finite when a dot product is added. */
const blocked = -1e30

/** The parts of a graph that depend on positions, shared by all layers. */
export interface PositionNodes {
  /** Position numbers: [sequence], or [batch x sequence] when `perToken`. */
  readonly positions: string
  readonly perToken: boolean
  /** Added to the attention scores [batch, heads, sequence, keys] of a layer with that window: 0 where a key may be seen; null: all may. */
  attentionBias(window: number | undefined): string | null
  /** Null without rotary positions. */
  readonly rotary: RotaryNodes | null
}

/** The values of the graph's input that positions are made of. */
export interface PositionInputs {
  /** [1] each. */
  readonly batch: string
  readonly sequence: string
  /** int64 [batch, sequence] */
  readonly ids: string
  /** int64 [batch, sequence], 0 at padding: needed by a bidirectional model only. */
  readonly mask: string | null
}

/** Emits position numbers, the attention biases and rotary tables for one graph. */
export function positionNodes(
  b: GraphBuilder,
  layout: ModelLayout,
  attention: GraphPurpose['attention'],
  inputs: PositionInputs,
): PositionNodes {
  if (attention === 'given') return givenPositions(b, layout)
  if (layout.bidirectional === true) {
    if (attention === 'cached') throw noContinuation(layout)
    return bidirectionalPositions(b, layout, inputs)
  }
  if (attention === 'padded') return paddedPositions(b, layout, inputs.sequence)
  const length = b.node('Squeeze', [inputs.sequence])
  let positions = b.node('Range', [b.int(0), length, b.int(1)])
  let keys = positions
  if (attention === 'cached') {
    const past = b.input('past_length', elementType.int64, [])
    const total = b.node('Add', [past, length])
    keys = b.node('Range', [b.int(0), total, b.int(1)])
    positions = b.node('Add', [positions, past])
  }
  const column = b.node('Unsqueeze', [positions, b.ints([1])])
  const future = b.node('Greater', [keys, column])
  const attentionBias = biases(layout, (window) => {
    if (window === undefined) return b.node('Where', [future, b.float(blocked), b.float(0)])
    const gone = b.node('LessOrEqual', [keys, b.node('Sub', [column, b.int(window)])])
    return b.node('Where', [b.node('Or', [future, gone]), b.float(blocked), b.float(0)])
  })
  return { positions, perToken: false, attentionBias, rotary: rotaryNodes(b, layout, column) }
}

/** Positions and what each token sees are inputs; a window blocks what lies too many positions back. */
function givenPositions(b: GraphBuilder, layout: ModelLayout): PositionNodes {
  const ids = b.input('position_ids', elementType.int64, ['batch', 'sequence'])
  const given = b.input('attention_bias', elementType.float, ['batch', 1, 'sequence', 'sequence'])
  const grid = b.node('Unsqueeze', [ids, b.ints([1, 3])])
  const positions = b.node('Reshape', [ids, b.ints([-1])])
  const attentionBias = biases(layout, (window) => {
    if (window === undefined) return given
    const back = b.node('Sub', [grid, b.node('Unsqueeze', [ids, b.ints([1, 2])])])
    const gone = b.node('GreaterOrEqual', [back, b.int(window)])
    return b.node('Add', [given, b.node('Where', [gone, b.float(blocked), b.float(0)])])
  })
  return { positions, perToken: true, attentionBias, rotary: rotaryNodes(b, layout, grid) }
}

/** Families whose models count positions by the attention mask themselves; loaders give the others `position_ids`. */
const countsPositionsItself: ReadonlySet<string> = new Set(['opt'])

/**
 * The mask says which keys count, those of the past too, and which tokens come before which is said by their place: padding
 * may stand anywhere. A query that sees nothing but padding gets numbers that nobody reads.
 */
function paddedPositions(b: GraphBuilder, layout: ModelLayout, sequence: string): PositionNodes {
  const names = dimensionNames({ attention: 'padded' })
  const mask = b.input('attention_mask', elementType.int64, [names.batch, names.total])
  const total = b.node('Slice', [b.node('Shape', [mask]), b.ints([1]), b.ints([2])])
  let ids: string | null = null
  if (countsPositionsItself.has(layout.family)) {
    const counted = b.node('Sub', [b.node('CumSum', [mask, b.int(1)]), b.int(1)])
    const last = b.node('Slice', [counted, b.node('Neg', [sequence]), b.ints([maxInt]), b.ints([1])])
    ids = b.node('Max', [last, b.int(0)])
  } else if (layout.positions.kind !== 'none') {
    ids = b.input('position_ids', elementType.int64, [names.batch, names.sequence])
  }
  const keys = b.node('Range', [b.int(0), b.node('Squeeze', [total]), b.int(1)])
  const queries = b.node('Slice', [keys, b.node('Neg', [sequence]), b.ints([maxInt]), b.ints([0])])
  const column = b.node('Unsqueeze', [queries, b.ints([1])])
  const future = b.node('Greater', [keys, column])
  const padding = b.node('Equal', [b.node('Unsqueeze', [mask, b.ints([1, 2])]), b.int(0)])
  const hidden = b.node('Or', [padding, future])
  const attentionBias = biases(layout, (window) => {
    if (window === undefined) return b.node('Where', [hidden, b.float(blocked), b.float(0)])
    const gone = b.node('LessOrEqual', [keys, b.node('Sub', [column, b.int(window)])])
    return b.node('Where', [b.node('Or', [hidden, gone]), b.float(blocked), b.float(0)])
  })
  const positions = ids === null ? keys : b.node('Reshape', [ids, b.ints([-1])])
  const rotary = ids === null ? null : rotaryNodes(b, layout, b.node('Unsqueeze', [ids, b.ints([1, 3])]))
  return { positions, perToken: true, attentionBias, rotary }
}

/** A slice to here goes to the end. */
const maxInt = 2 ** 53 - 1

/** Every token sees all that are no padding, wherever that stands. */
function bidirectionalPositions(b: GraphBuilder, layout: ModelLayout, inputs: PositionInputs): PositionNodes {
  const length = b.node('Squeeze', [inputs.sequence])
  const padding = b.node('Equal', [b.node('Unsqueeze', [inputs.mask!, b.ints([1, 2])]), b.int(0)])
  const attentionBias = biases(layout, () => b.node('Where', [padding, b.float(blocked), b.float(0)]))
  if (layout.positions.kind === 'learned' && layout.positions.paddingId !== undefined) {
    const positions = countedPositions(b, inputs.ids, layout.positions.paddingId)
    return { positions, perToken: true, attentionBias, rotary: null }
  }
  const positions = b.node('Range', [b.int(0), length, b.int(1)])
  const column = b.node('Unsqueeze', [positions, b.ints([1])])
  return { positions, perToken: false, attentionBias, rotary: rotaryNodes(b, layout, column) }
}

/** Rows of the table: how many tokens that are no padding there are so far, from paddingId + 1; padding has row paddingId. */
function countedPositions(b: GraphBuilder, ids: string, paddingId: number): string {
  const isReal = b.node('Not', [b.node('Equal', [ids, b.int(paddingId)])])
  const real = b.node('Cast', [isReal], { to: elementType.int64 })
  const counted = b.node('Mul', [b.node('CumSum', [real, b.int(1)]), real])
  return b.node('Reshape', [b.node('Add', [counted, b.int(paddingId)]), b.ints([-1])])
}

/** Makes one bias for each window that the layers have, all of them before the first layer. */
function biases(layout: ModelLayout, make: (window: number | undefined) => string): PositionNodes['attentionBias'] {
  const windows = new Set<number | undefined>()
  for (const { attention } of layout.blocks) if (attention.kind === 'attention') windows.add(attention.window)
  // A model without any attention left had a bias in the first version of exported files, and keeps it.
  if (windows.size === 0) windows.add(undefined)
  const made = new Map([...windows].map((window) => [window, make(window)]))
  return (window) => made.get(window)!
}

function noContinuation({ family }: ModelLayout): SnipError {
  return new SnipError('unsupported-model', `A ${family} model reads in both directions and cannot continue a text`, {
    remedy: 'Use a causal language model to generate text.',
  })
}
