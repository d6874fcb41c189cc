import { invariant, SnipError } from '../../contract/failure.ts'
import type { Neuron } from '../../contract/neuron.ts'
import { weightNames, type BlockLayout, type Linear, type ModelLayout } from '../architectures/layout.ts'
import { decodeWeights } from '../numbers/half.ts'
import { bytesPerElement, type ByteSource, type TensorEntry, type TensorIndex } from '../onnx/tensor-index.ts'
import type { RealisedModel } from './realise.ts'

/** A neuron that stays at one value, whatever the text. */
export interface FixedNeuron extends Neuron {
  readonly value: number
}

/**
 * A bias with what fixed neurons always add: bias + sum of value x row of the output projection. Summed in f64, written as f32.
 */
export interface FoldedBias {
  readonly name: string
  readonly width: number
  /** The bias before; null where the projection had none. */
  readonly bias: TensorEntry | null
  readonly weight: TensorEntry
  readonly order: Linear['order']
  readonly fixed: readonly { readonly index: number; readonly value: number }[]
}

export interface FoldedModel extends RealisedModel {
  readonly biases: ReadonlyMap<string, FoldedBias>
}

/**
 * Fixes removed neurons at a value other than zero: a realisation in which they are gone, and output projections of `layout`, the
 * model before, whose biases hold what they always add. `into` says where to: `own` biases are new f32 tensors, which any
 * ONNX file can hold; `stored` ones replace the tensor of the same name, for a checkpoint, whose family must have it in f32.
 */
export function foldReplacement(
  realised: RealisedModel,
  layout: ModelLayout,
  tensors: TensorIndex,
  fixed: readonly FixedNeuron[],
  into: 'own' | 'stored',
): FoldedModel {
  const biases = new Map<string, FoldedBias>()
  const replaced = new Set<string>()
  const entry = (tensor: string): TensorEntry => {
    const found = tensors.get(tensor)
    invariant(found, `tensor ${tensor} exists`)
    return found
  }
  const fold = (site: Neuron['site'], layer: number): string | null => {
    const here = fixed.filter((neuron) => neuron.site === site && neuron.layer === layer && neuron.value !== 0)
    const sublayer = layout.blocks[layer]![site]
    if (here.length === 0 || sublayer.kind === 'removed') return null
    const { weight, bias, order, outputs } = sublayer.kind === 'mlp' ? sublayer.down : sublayer.output
    if (into === 'stored') requireStored(tensors, weight, bias)
    const name = into === 'stored' ? bias! : `${weight.replace(/\.weight$/, '')}.bias_with_means`
    invariant(!biases.has(name), `the bias ${name} belongs to one sublayer`)
    if (bias !== null) replaced.add(bias)
    biases.set(name, {
      name,
      width: outputs,
      bias: bias === null ? null : entry(bias),
      weight: entry(weight),
      order,
      fixed: here.map(({ index, value }) => ({ index, value })).toSorted((a, b) => a.index - b.index),
    })
    return name
  }
  const blocks = realised.layout.blocks.map((block, layer): BlockLayout => {
    const mlp = fold('mlp', layer)
    const attention = fold('attention', layer)
    return {
      ...block,
      ...(mlp === null ? {} : { mlp: withBias(block.mlp, mlp) }),
      ...(attention === null ? {} : { attention: withBias(block.attention, attention) }),
    } as BlockLayout
  })
  const folded: ModelLayout = { ...realised.layout, blocks }
  const kept = new Map([...realised.tensors].filter(([name]) => !replaced.has(name)))
  // A sublayer that is gone and added nothing needed no norm after it; now it adds its bias.
  for (const name of weightNames(folded)) {
    if (kept.has(name) || biases.has(name)) continue
    const source = entry(name)
    kept.set(name, { source, shape: source.shape, rows: null, columns: null, zeroRows: null, zeroColumns: null })
  }
  return { layout: folded, tensors: kept, biases }
}

function withBias(sublayer: BlockLayout['mlp'] | BlockLayout['attention'], bias: string) {
  switch (sublayer.kind) {
    case 'removed':
      return { ...sublayer, bias }
    case 'mlp':
      return { ...sublayer, down: { ...sublayer.down, bias } }
    case 'attention':
      return { ...sublayer, output: { ...sublayer.output, bias } }
  }
}

function requireStored(tensors: TensorIndex, weight: string, bias: string | null): void {
  const remedy = 'Export as ONNX, or replace the neurons by zero.'
  if (bias === null) {
    throw new SnipError(
      'bad-argument',
      `${weight} has no bias in this family, so a checkpoint cannot hold the means of its neurons`,
      { remedy },
    )
  }
  const dtype = tensors.get(bias)?.dtype
  if (dtype !== 'F32') {
    throw new SnipError(
      'bad-argument',
      `${bias} is stored as ${dtype}, which cannot hold the means of the removed neurons exactly`,
      { remedy },
    )
  }
}

/** Bytes of weights read at a time. */
const chunkBytes = 4 * 1024 * 1024

/** The f32 bytes of a folded bias; its projection is read in pieces. */
export function foldedBytes(folded: FoldedBias, sourceOf: (file: string) => ByteSource): Uint8Array {
  const { width, bias, weight, order, fixed } = folded
  const sum = new Float64Array(width)
  if (bias) sum.set(decodeWeights(bias.dtype, sourceOf(bias.file).read(bias.offset, bias.byteLength)))
  const source = sourceOf(weight.file)
  const rowLength = weight.shape[1] ?? 1
  const rowBytes = rowLength * bytesPerElement[weight.dtype]
  const readRows = (first: number, count: number) =>
    decodeWeights(weight.dtype, source.read(weight.offset + first * rowBytes, count * rowBytes))
  if (order === 'in-out') {
    for (const { index, value } of fixed) {
      const row = readRows(index, 1)
      for (let i = 0; i < width; i++) sum[i]! += value * row[i]!
    }
  } else {
    const rowsPerChunk = Math.max(1, Math.floor(chunkBytes / rowBytes))
    for (let first = 0; first < width; first += rowsPerChunk) {
      const count = Math.min(rowsPerChunk, width - first)
      const rows = readRows(first, count)
      for (let row = 0; row < count; row++) {
        for (const { index, value } of fixed) sum[first + row]! += value * rows[row * rowLength + index]!
      }
    }
  }
  return new Uint8Array(Float32Array.from(sum).buffer)
}
