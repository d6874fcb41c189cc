import { SnipError } from '../../contract/failure.ts'
import type { DiscoveredCache, DiscoveredInput, DiscoveredModel } from '../discovery/discovered-model.ts'
import { elementType, type GraphBuilder } from './graph.ts'
import { safeName } from './safe-names.ts'

/** Sizes of a run: what the caller gives, and what the file's graph is given, which may be fixed and is then filled up. */
export interface RunSizes {
  /** int64 [1] each: of `input_ids`. */
  readonly batch: string
  readonly sequence: string
  /** int64 [1] each: of what the file's nodes compute. */
  readonly fullBatch: string
  readonly fullSequence: string
  readonly isPadded: boolean
}

/** Name of a cache input of ours; its successor begins with `present` instead. */
export function cacheName({ layer, kind }: Pick<DiscoveredCache, 'layer' | 'kind'>): string {
  return `past.${layer}.${kind}`
}

/** Shape of a cache, `null` where the batch stands and 0 for the positions that it holds. */
export function cacheDims({ dims, kind, headCount, headWidth }: DiscoveredCache): (number | null)[] {
  const stacked = kind === 'stacked'
  const rank = stacked ? 5 : 4
  if (dims !== null && dims.length === rank) {
    const batchAxis = stacked ? 1 : 0
    const shape = dims.map((size, axis) => (axis === batchAxis ? null : typeof size === 'number' ? size : 0))
    if (shape.filter((size) => size === 0).length === 1) return shape
  }
  if (headCount === null || headWidth === null) {
    throw new SnipError('unsupported-model', 'The shape of the key-value cache is not declared', {
      remedy: 'Export the model again with the number of heads in the shapes of its cache.',
    })
  }
  return [...(stacked ? [2] : []), null, headCount, 0, headWidth]
}

/**
 * Gives the file's nodes all that they read from outside, from `input_ids` int64 [batch, sequence] alone: masks of ones, positions that
 * count up, no cache. With `cached`, the cache is an input, and so is `past_length`, the number of positions in it. Where the file
 * fixes its sizes the ids are filled up with zeros behind; no position sees those after it.
 */
export function giveInputs(b: GraphBuilder, model: DiscoveredModel, cached: boolean): RunSizes {
  const { inputs, fixedBatch, fixedSequence } = model
  const ids = b.input('input_ids', elementType.int64, ['batch', 'sequence'])
  const shape = b.node('Shape', [ids])
  const batch = b.node('Slice', [shape, b.ints([0]), b.ints([1])])
  const sequence = b.node('Slice', [shape, b.ints([1]), b.ints([2])])
  const fullBatch = fixedBatch === null ? batch : b.ints([fixedBatch])
  const fullSequence = fixedSequence === null ? sequence : b.ints([fixedSequence])
  const isPadded = fixedBatch !== null || fixedSequence !== null
  let filled = ids
  if (isPadded) {
    const missing = [b.node('Sub', [fullBatch, batch]), b.node('Sub', [fullSequence, sequence])]
    filled = b.node('Pad', [ids, b.node('Concat', [b.ints([0, 0]), ...missing], { axis: 0 })])
  }
  give(b, filled, elementType.int64, inputs.inputIds, inputs.inputIdsType)

  const past = cached ? b.node('Reshape', [b.input('past_length', elementType.int64, []), b.ints([1])]) : null
  const total = past === null ? fullSequence : b.node('Add', [past, fullSequence])
  const fill = (input: DiscoveredInput, value: number, length: string) => {
    if (input.dims !== null && input.dims.length !== 2) {
      throw new SnipError(
        'unsupported-model',
        `The input ${JSON.stringify(input.name)} has ${input.dims.length} axes`,
        {
          remedy: 'A mask of [batch, sequence] is expected: export the model again.',
        },
      )
    }
    const sizes = b.node('Concat', [fullBatch, length], { axis: 0 })
    give(b, b.node('Expand', [b.int(value), sizes]), elementType.int64, input.name, input.type)
  }
  if (inputs.attentionMask) fill(inputs.attentionMask, 1, total)
  if (inputs.tokenTypeIds) fill(inputs.tokenTypeIds, 0, fullSequence)
  if (inputs.positionIds) {
    const first = past === null ? b.int(0) : b.node('Gather', [past, b.int(0)], { axis: 0 })
    const end = b.node('Gather', [total, b.int(0)], { axis: 0 })
    const row = b.node('Reshape', [b.node('Range', [first, end, b.int(1)]), b.ints([1, -1])])
    const rows = b.node('Expand', [row, b.node('Concat', [fullBatch, fullSequence], { axis: 0 })])
    give(b, rows, elementType.int64, inputs.positionIds.name, inputs.positionIds.type)
  }
  if (inputs.useCacheBranch !== null) {
    const flag = b.node('Cast', [b.ints([cached ? 1 : 0])], { to: elementType.bool })
    give(b, flag, elementType.bool, inputs.useCacheBranch, elementType.bool)
  }
  for (const cache of inputs.pastKeyValues) {
    const dims = cacheDims(cache)
    if (cached) {
      const name = b.input(
        cacheName(cache),
        elementType.float,
        dims.map((size) => (size === null ? 'batch' : size === 0 ? 'past' : size)),
      )
      give(b, name, elementType.float, cache.past, cache.type)
      continue
    }
    const parts = dims.map((size) => (size === null ? fullBatch : b.ints([size])))
    const empty = b.node('ConstantOfShape', [b.node('Concat', parts, { axis: 0 })])
    give(b, empty, elementType.float, cache.past, cache.type)
  }
  return { batch, sequence, fullBatch, fullSequence, isPadded }
}

/** Gives a value the name that the file's nodes read, in the type that they read. */
function give(b: GraphBuilder, value: string, type: number, name: string, wanted: number): void {
  if (type === wanted) b.node('Identity', [value], {}, safeName(name))
  else b.node('Cast', [value], { to: wanted }, safeName(name))
}
