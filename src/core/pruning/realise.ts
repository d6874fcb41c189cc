import type { Neuron, Site } from '../../contract/neuron.ts'
import { invariant } from '../../contract/failure.ts'
import {
  sublayerWidth,
  weightNames,
  type AttentionLayout,
  type BlockLayout,
  type Linear,
  type MlpLayout,
  type ModelLayout,
  type RemovedSublayer,
} from '../architectures/layout.ts'
import type { TensorEntry, TensorIndex } from '../onnx/tensor-index.ts'

/** A tensor to write: a source tensor with rows or columns chosen or set to zero. A vector has rows only. */
export interface DerivedTensor {
  readonly source: TensorEntry
  readonly shape: readonly number[]
  readonly rows: readonly number[] | null
  readonly columns: readonly number[] | null
  readonly zeroRows: readonly number[] | null
  readonly zeroColumns: readonly number[] | null
}

export interface RealisedModel {
  readonly layout: ModelLayout
  readonly tensors: ReadonlyMap<string, DerivedTensor>
}

/**
 * A pruned model as data. `zeroed`: the rows of the output projections that the removed neurons feed become zero, which equals
 * the zero mask for any activation function. `compact`: the neurons are gone: MLPs narrow; attention drops rows of its
 * output projection and gathers the kept columns, and query, key and value shrink where a whole head or key-value group is gone.
 */
export function realise(
  layout: ModelLayout,
  tensors: TensorIndex,
  removed: readonly Neuron[],
  realisation: 'zeroed' | 'compact',
): RealisedModel {
  const derived = new Map<string, DerivedTensor>()
  const derive = (name: string, change: Partial<Omit<DerivedTensor, 'source' | 'shape'>>) => {
    invariant(!derived.has(name), `tensor ${name} belongs to one sublayer`)
    const source = tensors.get(name)
    invariant(source, `tensor ${name} exists`)
    const { rows = null, columns = null, zeroRows = null, zeroColumns = null } = change
    const shape = [...source.shape]
    if (rows) shape[0] = rows.length
    if (columns) shape[1] = columns.length
    derived.set(name, { source, shape, rows, columns, zeroRows, zeroColumns })
  }
  const bySublayer = groupRemoved(layout, removed)
  const blocks = layout.blocks.map((block, layer): BlockLayout => {
    const gone = { mlp: bySublayer.mlp[layer]!, attention: bySublayer.attention[layer]! }
    if (realisation === 'zeroed') {
      for (const sublayer of [block.mlp, block.attention]) {
        if (sublayer.kind === 'removed') continue
        const indices = [...gone[sublayer.kind]].toSorted((a, b) => a - b)
        if (indices.length === 0) continue
        const output = sublayer.kind === 'mlp' ? sublayer.down : sublayer.output
        derive(output.weight, output.order === 'in-out' ? { zeroRows: indices } : { zeroColumns: indices })
      }
      return block
    }
    return {
      ...block,
      mlp: block.mlp.kind === 'mlp' && gone.mlp.size > 0 ? compactMlp(block.mlp, gone.mlp, derive) : block.mlp,
      attention:
        block.attention.kind === 'attention' && gone.attention.size > 0
          ? compactAttention(block.attention, gone.attention, derive)
          : block.attention,
    }
  })
  const realised: ModelLayout = { ...layout, blocks }
  for (const name of weightNames(realised)) if (!derived.has(name)) derive(name, {})
  return { layout: realised, tensors: derived }
}

function groupRemoved(layout: ModelLayout, removed: readonly Neuron[]): Record<Site, Set<number>[]> {
  const groups = {
    mlp: layout.blocks.map(() => new Set<number>()),
    attention: layout.blocks.map(() => new Set<number>()),
  }
  for (const { site, layer, index } of removed) {
    const block = layout.blocks[layer]
    invariant(block && index < sublayerWidth(block[site]), `neuron ${site}:${layer}:${index} exists`)
    groups[site][layer]!.add(index)
  }
  return groups
}

type Derive = (name: string, change: Partial<Omit<DerivedTensor, 'source' | 'shape'>>) => void

/** Keeps some outputs of a projection: its matrix and its bias. */
function keepOutputs(linear: Linear, kept: readonly number[], derive: Derive): Linear {
  derive(linear.weight, linear.order === 'in-out' ? { columns: kept } : { rows: kept })
  if (linear.bias !== null) derive(linear.bias, { rows: kept })
  return { ...linear, outputs: kept.length }
}

/** Keeps some inputs of a projection; its bias stays whole. */
function keepInputs(linear: Linear, kept: readonly number[], derive: Derive): Linear {
  derive(linear.weight, linear.order === 'in-out' ? { rows: kept } : { columns: kept })
  return { ...linear, inputs: kept.length }
}

function complement(size: number, gone: ReadonlySet<number>): number[] {
  const kept: number[] = []
  for (let index = 0; index < size; index++) if (!gone.has(index)) kept.push(index)
  return kept
}

function compactMlp(mlp: MlpLayout, gone: ReadonlySet<number>, derive: Derive): MlpLayout | RemovedSublayer {
  const kept = complement(mlp.down.inputs, gone)
  if (kept.length === 0) return { kind: 'removed', bias: mlp.down.bias }
  return {
    ...mlp,
    gate: mlp.gate && keepOutputs(mlp.gate, kept, derive),
    up: keepOutputs(mlp.up, kept, derive),
    down: keepInputs(mlp.down, kept, derive),
  }
}

function compactAttention(
  attention: AttentionLayout,
  gone: ReadonlySet<number>,
  derive: Derive,
): AttentionLayout | RemovedSublayer {
  const { headWidth, headCount, keyValueHeadCount, keyValueOfHead, projections, output } = attention
  const kept = complement(output.inputs, gone)
  if (kept.length === 0) return { kind: 'removed', bias: output.bias }
  const columns = kept.map((index) => attention.keptColumns?.[index] ?? index)
  const { liveHeads, liveGroups } = liveParts(attention, columns)
  const queryColumns = expandHeads(liveHeads, headWidth)
  const place = new Map(queryColumns.map((column, at) => [column, at]))
  const keptColumns = columns.map((column) => place.get(column)!)
  const groupColumns = expandHeads(liveGroups, headWidth)
  const allHeads = liveHeads.length === headCount
  const allGroups = liveGroups.length === keyValueHeadCount
  return {
    ...attention,
    projections: allHeads && allGroups ? projections : shrinkProjections(attention, queryColumns, groupColumns, derive),
    output: keepInputs(output, kept, derive),
    headCount: liveHeads.length,
    keyValueHeadCount: liveGroups.length,
    keyValueOfHead: liveHeads.map((head) => liveGroups.indexOf(keyValueOfHead[head]!)),
    keptColumns: keptColumns.length === queryColumns.length ? null : keptColumns,
  }
}

/** Heads and key-value groups that the columns need. A norm over all heads needs them all: then none goes. */
function liveParts(
  { headWidth, headCount, keyValueHeadCount, keyValueOfHead, queryNorm, keyNorm }: AttentionLayout,
  columns: readonly number[],
) {
  if (queryNorm?.over === 'all-heads' || keyNorm?.over === 'all-heads') {
    return { liveHeads: range(headCount), liveGroups: range(keyValueHeadCount) }
  }
  const liveHeads = distinct(columns.map((column) => Math.floor(column / headWidth)))
  return { liveHeads, liveGroups: distinct(liveHeads.map((head) => keyValueOfHead[head]!)) }
}

function shrinkProjections(
  { projections, headCount, keyValueHeadCount, headWidth }: AttentionLayout,
  queryColumns: readonly number[],
  groupColumns: readonly number[],
  derive: Derive,
): AttentionLayout['projections'] {
  if (projections.kind === 'fused' && projections.order === 'heads') {
    // Each head's query, key and value stand side by side, and every head has a key-value head of its own.
    const heads = distinct(queryColumns.map((column) => Math.floor(column / headWidth)))
    return { ...projections, linear: keepOutputs(projections.linear, expandHeads(heads, 3 * headWidth), derive) }
  }
  if (projections.kind === 'fused') {
    const keyStart = headCount * headWidth
    const valueStart = keyStart + keyValueHeadCount * headWidth
    const kept = [
      ...queryColumns,
      ...groupColumns.map((column) => keyStart + column),
      ...groupColumns.map((column) => valueStart + column),
    ]
    return { ...projections, linear: keepOutputs(projections.linear, kept, derive) }
  }
  const { query, key, value } = projections
  const groupsShrink = groupColumns.length < keyValueHeadCount * headWidth
  return {
    kind: 'separate',
    query: queryColumns.length < headCount * headWidth ? keepOutputs(query, queryColumns, derive) : query,
    key: groupsShrink ? keepOutputs(key, groupColumns, derive) : key,
    value: groupsShrink ? keepOutputs(value, groupColumns, derive) : value,
  }
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b)
}

function expandHeads(heads: readonly number[], headWidth: number): number[] {
  return heads.flatMap((head) => range(headWidth).map((dimension) => head * headWidth + dimension))
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
