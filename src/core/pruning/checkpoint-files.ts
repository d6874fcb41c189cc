import { SnipError } from '../../contract/failure.ts'
import { neuronWidths, type ModelLayout } from '../architectures/layout.ts'
import { serialiseSafetensorsHeader, type SafetensorsLayout, type StoredTensor } from '../onnx/safetensors-layout.ts'
import { derivedByteLength, type WrittenType } from './derived-bytes.ts'
import type { FoldedBias, FoldedModel } from './fold-replacement.ts'
import type { FilePart } from './planned-file.ts'
import type { DerivedTensor } from './realise.ts'

/** Checkpoints keep the type of every tensor. */
const asStored: WrittenType = (dtype) => dtype

/** Keys of config.json that give the width of the MLP, by family; all others call it `intermediate_size`. */
const innerWidthKeys: Readonly<Record<string, string>> = { gpt2: 'n_inner', gptj: 'n_inner', opt: 'ffn_dim' }

/**
 * What a compact checkpoint changes in config.json: the MLP's width, when all layers keep equally many neurons. Throws
 * `bad-argument`, naming the layer, for what no config.json can say: layers of different widths, or narrowed attention.
 */
export function compactConfigChanges(before: ModelLayout, after: ModelLayout): Readonly<Record<string, number>> {
  const was = neuronWidths(before)
  const now = neuronWidths(after)
  const refuse = (what: string) =>
    new SnipError('bad-argument', `${what}, which config.json cannot say`, {
      remedy: 'Choose zeroed, which every checkpoint can hold, or export as ONNX.',
    })
  const narrowed = was.attention.findIndex((width, layer) => now.attention[layer] !== width)
  if (narrowed !== -1) {
    throw refuse(
      `The attention of layer ${narrowed} would keep ${now.attention[narrowed]} of ${was.attention[narrowed]} neurons`,
    )
  }
  const first = now.mlp[0] ?? 0
  const other = now.mlp.findIndex((width) => width !== first)
  if (other !== -1) {
    throw refuse(`The MLP of layer 0 would keep ${first} neurons and that of layer ${other} ${now.mlp[other]}`)
  }
  if (first === 0 && was.mlp.some((width) => width > 0)) throw refuse('No MLP neuron would be left')
  if (first === was.mlp[0]) return {}
  return { [innerWidthKeys[before.family] ?? 'intermediate_size']: first }
}

/** What an export changes of the tensors in one weight file, by name. */
export interface ChangedTensors {
  readonly tensors: ReadonlyMap<string, DerivedTensor>
  readonly biases: ReadonlyMap<string, FoldedBias>
}

/** The tensors that a realisation does not write as they are. */
export function changedTensors({ tensors, biases }: FoldedModel): ChangedTensors {
  const changed = new Map<string, DerivedTensor>()
  for (const [name, tensor] of tensors) {
    if (tensor.rows || tensor.columns || tensor.zeroRows || tensor.zeroColumns) changed.set(name, tensor)
  }
  return { tensors: changed, biases }
}

/**
 * The parts of a weight file with some of its tensors changed. Where no shape changes, header and all else stay byte for byte;
 * else the header is written anew: same order, names, types and metadata, the data without gaps.
 */
export function weightFileParts(
  file: { readonly name: string; readonly size: number },
  { dataStart, tensors, metadata }: SafetensorsLayout,
  changed: ChangedTensors,
): FilePart[] {
  const partOf = ({ name }: StoredTensor): FilePart | null => {
    const bias = changed.biases.get(name)
    if (bias) return { kind: 'bias', bias }
    const tensor = changed.tensors.get(name)
    return tensor ? { kind: 'tensor', tensor, written: asStored } : null
  }
  const inOrder = tensors.toSorted((a, b) => a.start - b.start)
  if (!tensors.some((stored) => shapeOf(stored, changed) !== null)) {
    const parts: FilePart[] = []
    let at = 0
    const copyTo = (offset: number) => {
      if (offset > at) parts.push({ kind: 'copy', file: file.name, offset: at, byteLength: offset - at })
    }
    for (const stored of inOrder) {
      const part = partOf(stored)
      if (part === null) continue
      copyTo(dataStart + stored.start)
      parts.push(part)
      at = dataStart + stored.end
    }
    copyTo(file.size)
    return parts
  }
  const moved = new Map<string, StoredTensor>()
  const data: FilePart[] = []
  let offset = 0
  for (const stored of inOrder) {
    const byteLength = writtenBytes(stored, changed)
    const shape = shapeOf(stored, changed) ?? stored.shape
    moved.set(stored.name, { ...stored, shape, start: offset, end: offset + byteLength })
    offset += byteLength
    const copy: FilePart = { kind: 'copy', file: file.name, offset: dataStart + stored.start, byteLength }
    data.push(partOf(stored) ?? copy)
  }
  const header = serialiseSafetensorsHeader({ tensors: tensors.map(({ name }) => moved.get(name)!), metadata })
  return [{ kind: 'bytes', bytes: header }, ...data]
}

/** Bytes of a tensor as it is written. */
export function writtenBytes(stored: StoredTensor, { tensors }: ChangedTensors): number {
  const tensor = tensors.get(stored.name)
  return tensor ? derivedByteLength(tensor, asStored) : stored.end - stored.start
}

/** The new shape of a tensor; null when it keeps its own. */
function shapeOf({ name, shape }: StoredTensor, { tensors }: ChangedTensors): readonly number[] | null {
  const derived = tensors.get(name)?.shape
  return derived === undefined || derived.every((dimension, axis) => dimension === shape[axis]) ? null : derived
}
