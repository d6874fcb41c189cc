import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { invariant } from '../../contract/failure.ts'
import { partLength, type FilePart } from '../pruning/planned-file.ts'
import type { WeightReference } from '../discovery/discovered-model.ts'
import type { ModelGraph, Piece } from './model-graph.ts'

/** Bytes `from .. to` of a file that other bytes take the place of. */
export interface FileEdit {
  readonly from: number
  readonly to: number
  readonly parts: readonly FilePart[]
}

/** Reads a few bytes of the model file. */
export type ReadBytes = (offset: number, length: number) => Uint8Array

/** The pieces that hold a graph, from the inside out: its own field, and of a branch the attribute and the node with it. */
export function piecesAroundGraph(model: ModelGraph, graph: number): Piece[] {
  const body = model.graphs[graph]!
  if (body.parent === null) return [body]
  const node = model.graphs[body.parent.graph]!.nodes[body.parent.node]!
  return [body, node.attributes.get(body.parent.attribute)!, node, ...piecesAroundGraph(model, body.parent.graph)]
}

/** The pieces that hold a weight's tensor, without the tensor itself. */
export function piecesAroundWeight(model: ModelGraph, { graph, constant }: WeightReference): Piece[] {
  if (constant === null) return piecesAroundGraph(model, graph)
  const node = model.graphs[constant.graph]!.nodes[constant.node]!
  return [node.attributes.get('value')!, node, ...piecesAroundGraph(model, constant.graph)]
}

/** Rewrites the lengths of all pieces that hold an edit which changes its own length. Edits must not overlap. */
export function withLengths(edits: readonly FileEdit[], around: Iterable<Piece>, read: ReadBytes): FileEdit[] {
  const all = [...edits]
  const pieces = new Map<number, Piece>()
  for (const piece of around) pieces.set(piece.range.from, piece)
  // A piece inside of another is shorter: its own change of length is known before it counts in the other.
  const inwardsFirst = [...pieces.values()].toSorted((a, b) => sizeOf(a) - sizeOf(b))
  for (const { range, content } of inwardsFirst) {
    let growth = 0
    for (const edit of all) {
      if (edit.from >= content.from && edit.to <= content.to) growth += lengthOf(edit.parts) - (edit.to - edit.from)
    }
    if (growth === 0) continue
    const header = read(range.from, content.from - range.from)
    let tagLength = 1
    while (header[tagLength - 1]! >= 0x80) tagLength++
    const length = content.to - content.from + growth
    const bytes = new BinaryWriter().raw(header.subarray(0, tagLength)).uint32(length).finish()
    all.push({ from: range.from, to: content.from, parts: [{ kind: 'bytes', bytes }] })
  }
  return all
}

/** A file with its edits: what is not edited is copied. */
export function editedParts(file: string, size: number, edits: readonly FileEdit[]): FilePart[] {
  const parts: FilePart[] = []
  let at = 0
  const copyTo = (end: number) => {
    if (end > at) parts.push({ kind: 'copy', file, offset: at, byteLength: end - at })
  }
  for (const edit of edits.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    invariant(edit.from >= at && edit.to <= size, `edits of ${file} do not overlap`)
    copyTo(edit.from)
    parts.push(...edit.parts.filter((part) => partLength(part) > 0))
    at = edit.to
  }
  copyTo(size)
  return parts
}

function sizeOf({ range }: Piece): number {
  return range.to - range.from
}

function lengthOf(parts: readonly FilePart[]): number {
  return parts.reduce((sum, part) => sum + partLength(part), 0)
}
