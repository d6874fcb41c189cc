import { SnipError } from '../../contract/failure.ts'
import { derivedByteLength } from '../pruning/derived-bytes.ts'
import { partLength, type FilePart } from '../pruning/planned-file.ts'
import type { ModelGraph, ModelTensor, Piece } from './model-graph.ts'
import { shownName } from './shown-name.ts'
import type { CompactTensor } from './surgery-compact.ts'
import { piecesAroundGraph, type FileEdit, type ReadBytes } from './surgery-edits.ts'
import { changeTensor } from './surgery-tensor.ts'

export interface RepackedFile {
  readonly parts: readonly FilePart[]
  /** Changes of the tensors' declarations in the model file, and the pieces around them. */
  readonly edits: readonly FileEdit[]
  readonly around: readonly Piece[]
}

interface Placed {
  readonly tensor: ModelTensor
  readonly around: readonly Piece[]
  readonly offset: number
  readonly byteLength: number
}

/**
 * An external file in which some tensors became smaller: those behind them move up, to offsets of the same alignment, and their declarations
 * say so. Null when no tensor of it changes its size. Throws `unsupported-model` when tensors overlap.
 */
export function repackExternal(
  model: ModelGraph,
  location: string,
  size: number,
  compact: ReadonlyMap<ModelTensor, CompactTensor>,
  inPlace: readonly FileEdit[],
  read: ReadBytes,
): RepackedFile | null {
  const placed = tensorsIn(model, location, size).toSorted((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)
  if (!placed.some(({ tensor }) => compact.has(tensor))) return null
  const step = alignmentOf(placed)
  const parts: FilePart[] = []
  const edits: FileEdit[] = []
  const around: Piece[] = []
  let at = 0
  let last = null as { readonly from: number; readonly to: number; readonly offset: number } | null
  for (const { tensor, around: pieces, offset, byteLength } of placed) {
    const change = compact.get(tensor)
    const same = last && last.from === offset && last.to === offset + byteLength && !change
    if (last && !same && offset < last.to) {
      throw new SnipError('unsupported-model', `Tensors of ${shownName(location)} lie over each other`, {
        remedy: 'Export it zeroed.',
      })
    }
    const length = change ? derivedByteLength(change.derived, (dtype) => dtype) : byteLength
    let place = last?.offset ?? 0
    if (!same) {
      place = Math.ceil(at / step) * step
      if (place > at) parts.push({ kind: 'zeros', byteLength: place - at })
      parts.push(...numbers(change, location, offset, byteLength, inPlace))
      at = place + length
      last = { from: offset, to: offset + byteLength, offset: place }
    }
    if (!change && place === offset) continue
    const outside = { offset: place, byteLength: length }
    edits.push(changeTensor(tensor, { dims: change?.dims ?? tensor.dims, inside: null, outside }, read))
    around.push(...pieces)
  }
  return { parts, edits, around }
}

function numbers(
  change: CompactTensor | undefined,
  file: string,
  offset: number,
  byteLength: number,
  inPlace: readonly FileEdit[],
): FilePart[] {
  if (change) return [{ kind: 'tensor', tensor: change.derived, written: (dtype) => dtype }]
  const edit = inPlace.find(({ from }) => from === offset)
  if (edit) return [...edit.parts]
  const part: FilePart = { kind: 'copy', file, offset, byteLength }
  return partLength(part) > 0 ? [part] : []
}

/** Every tensor of a model whose numbers are in a file, and the pieces around its declaration. */
function tensorsIn(model: ModelGraph, location: string, size: number): Placed[] {
  const found: Placed[] = []
  const add = (tensor: ModelTensor, around: readonly Piece[]) => {
    const { place } = tensor
    if (place.kind !== 'external' || place.location !== location) return
    found.push({ tensor, around, offset: place.offset, byteLength: place.byteLength ?? size - place.offset })
  }
  for (const body of model.graphs) {
    const around = piecesAroundGraph(model, body.id)
    for (const tensor of body.initializers.values()) add(tensor, around)
    for (const node of body.nodes) {
      for (const attribute of node.attributes.values()) {
        if (attribute.kind === 'tensor') add(attribute.value, [attribute, node, ...around])
      }
    }
  }
  return found
}

/** The largest usual alignment that all tensors have. */
function alignmentOf(placed: readonly Placed[]): number {
  return [4096, 64, 16, 4].find((step) => placed.every(({ offset }) => offset % step === 0)) ?? 1
}
