import { SnipError } from '../../contract/failure.ts'
import type { Site } from '../../contract/neuron.ts'
import type { DiscoveredModel, DiscoveredSite, SitePlace } from '../discovery/discovered-model.ts'
import { derivedByteLength } from '../pruning/derived-bytes.ts'
import type { FilePart, PlannedFile } from '../pruning/planned-file.ts'
import { repackExternal } from './surgery-external.ts'
import { metadataEdits } from './surgery-metadata.ts'
import { compactPlace, isSame, readersOf, type CompactTensor } from './surgery-compact.ts'
import {
  editedParts,
  piecesAroundGraph,
  piecesAroundWeight,
  withLengths,
  type FileEdit,
  type ReadBytes,
} from './surgery-edits.ts'
import { resizeEdits, type ResizedShape } from './surgery-reshape.ts'
import { silenceInputs, tensorAt, type TensorReader } from './surgery-rows.ts'
import { changeTensor } from './surgery-tensor.ts'
import type { ModelGraph, ModelTensor, Piece } from './model-graph.ts'
import { nodeLabel } from './model-graph-order.ts'
import { shownName } from './shown-name.ts'

/** What a surgery is handed of the files around a model's structure. */
export interface SurgeryFiles {
  /** Bytes of the model file. */
  readonly read: ReadBytes
  /** All bytes of a small tensor, wherever it is. */
  readonly readTensor: TensorReader
  /** Name of the model file among the sources of parts. */
  readonly model: string
  /** Sizes of the external files by location. */
  readonly externalSizes: ReadonlyMap<string, number>
}

export interface SurgeryRequest {
  /** Neurons that go, in ascending order. */
  readonly removed: (site: Site, layer: number) => readonly number[]
  readonly realisation: 'zeroed' | 'compact'
  /** Entries that are added to the model's metadata, or replace those of the same key. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface Surgery {
  /** The model file first, under the name that it is given, then its external files under their own. */
  readonly files: readonly PlannedFile[]
  /** Sentences: what could only be zeroed although compact was asked for, and why. */
  readonly notes: readonly string[]
}

/**
 * The files of a pruned model that touch only the bytes they must: rows of the output projections become exactly 0 in place. Compact also
 * makes MLPs narrower whose matrices are plain; attention neurons are zeroed, since what makes them also makes others. Everything else, unknown
 * nodes and fields included, is carried over byte for byte. Throws `unsupported-model` for a weight that also serves another purpose.
 */
export function planSurgery(
  model: ModelGraph,
  discovered: DiscoveredModel,
  name: string,
  { removed, realisation, metadata }: SurgeryRequest,
  files: SurgeryFiles,
): Surgery {
  const zeroed = new Map<ModelTensor, FilePart>()
  const compact = new Map<ModelTensor, CompactTensor>()
  const shapes: ResizedShape[] = []
  const stale: { graph: number; value: string }[] = []
  const notes: string[] = []
  let attentionZeroed = false
  for (const site of discovered.sites) {
    const gone = removed(site.site, site.layer)
    if (gone.length === 0) continue
    const places = [site, ...site.copies]
    if (realisation === 'compact' && site.site === 'mlp') {
      const isGone = new Set(gone)
      const kept = Array.from({ length: site.width }, (_, index) => index).filter((index) => !isGone.has(index))
      const narrowed = places.map((place) => compactPlace(model, place, places, site.width, kept))
      const refused = narrowed.find((one) => !one.ok)
      if (refused && !refused.ok)
        notes.push(`The MLP of layer ${site.layer} keeps its width, its neurons are zeroed: ${refused.why}`)
      else {
        for (const [i, one] of narrowed.entries()) {
          if (!one.ok) continue
          for (const tensor of one.tensors) compact.set(tensor.tensor, tensor)
          shapes.push(...one.shapes)
          stale.push(...one.staleValues.map((value) => ({ graph: places[i]!.graph, value })))
        }
        continue
      }
    } else if (realisation === 'compact') attentionZeroed = true
    for (const place of places) {
      refuseShared(model, site, place)
      const tensor = tensorAt(model, place.projection.weightReference)
      if (!zeroed.has(tensor)) zeroed.set(tensor, rowsPart(model, place, gone, tensor, files))
    }
  }
  if (attentionZeroed) notes.push('Attention neurons are zeroed: the projections that make them are left as they are')
  if (realisation === 'compact' && compact.size === 0 && zeroed.size > 0) {
    throw new SnipError('unsupported-model', `Nothing of this plan can be compacted. ${notes[0] ?? ''}`, {
      remedy: 'Export it zeroed.',
    })
  }
  return { files: writeFiles(model, name, { zeroed, compact, shapes, stale, metadata }, files), notes }
}

interface Changes {
  readonly zeroed: ReadonlyMap<ModelTensor, FilePart>
  readonly compact: ReadonlyMap<ModelTensor, CompactTensor>
  readonly shapes: readonly ResizedShape[]
  readonly stale: readonly { readonly graph: number; readonly value: string }[]
  readonly metadata: Readonly<Record<string, string>>
}

function writeFiles(
  model: ModelGraph,
  name: string,
  { zeroed, compact, shapes, stale, metadata }: Changes,
  files: SurgeryFiles,
): PlannedFile[] {
  const edits: FileEdit[] = metadataEdits(model, metadata, files.read)
  const around = new Set<Piece>()
  const external = new Map<string, FileEdit[]>()
  for (const [{ place }, part] of zeroed) {
    const byteLength = part.kind === 'rows' ? part.edit.rows * part.edit.rowBytes : 0
    if (place.kind === 'external') {
      const of = external.get(place.location) ?? []
      external.set(place.location, [...of, { from: place.offset, to: place.offset + byteLength, parts: [part] }])
    } else if (place.kind === 'raw') edits.push({ from: place.offset, to: place.offset + byteLength, parts: [part] })
    else if (place.kind === 'typed' && place.packed) edits.push({ ...place.packed, parts: [part] })
  }
  for (const { tensor, derived, dims, reference } of compact.values()) {
    for (const piece of piecesAroundWeight(model, reference)) around.add(piece)
    if (tensor.place.kind === 'external') continue
    const source = { ...derived.source, file: files.model }
    const part: FilePart = { kind: 'tensor', tensor: { ...derived, source }, written: (dtype) => dtype }
    const byteLength = derivedByteLength(derived, (dtype) => dtype)
    edits.push(changeTensor(tensor, { dims, inside: { part, byteLength }, outside: null }, files.read))
  }
  edits.push(...resizeEdits(model, shapes, files.read))
  for (const { graph } of shapes) for (const piece of piecesAroundGraph(model, graph)) around.add(piece)
  const seen = new Set<Piece>()
  for (const { graph, value } of stale) {
    const declared = model.graphs[graph]!.valueInfo.get(value)
    if (!declared || seen.has(declared)) continue
    seen.add(declared)
    edits.push({ from: declared.range.from, to: declared.range.to, parts: [] })
    for (const piece of piecesAroundGraph(model, graph)) around.add(piece)
  }
  const others: PlannedFile[] = []
  for (const [location, size] of files.externalSizes) {
    const inPlace = external.get(location) ?? []
    const repacked = repackExternal(model, location, size, compact, inPlace, files.read)
    others.push({ name: location, parts: repacked?.parts ?? editedParts(location, size, inPlace) })
    if (!repacked) continue
    edits.push(...repacked.edits)
    for (const piece of repacked.around) around.add(piece)
  }
  const main = editedParts(files.model, model.size, withLengths(edits, around, files.read))
  return [{ name, parts: main }, ...others]
}

/** The stored rows of a projection with zeros in them, and which file they are in. */
function rowsPart(
  model: ModelGraph,
  { projection }: SitePlace,
  gone: readonly number[],
  tensor: ModelTensor,
  files: SurgeryFiles,
): FilePart {
  const edit = silenceInputs(model, projection, gone, files.readTensor)
  const { place } = tensor
  const label = shownName(projection.weight)
  const needed = edit.rows * edit.rowBytes
  const where =
    place.kind === 'external'
      ? { file: place.location, offset: place.offset, byteLength: place.byteLength ?? needed }
      : place.kind === 'raw'
        ? { file: files.model, offset: place.offset, byteLength: place.byteLength }
        : place.kind === 'typed' && place.packed && (place.field === 4 || place.field === 10)
          ? { file: files.model, offset: place.packed.from, byteLength: place.packed.to - place.packed.from }
          : null
  if (!where) {
    throw new SnipError('unsupported-model', `The weight ${label} is not stored as raw data`, {
      remedy: 'Save the model again with a current version of ONNX.',
    })
  }
  if (where.byteLength !== needed) {
    throw new SnipError('bad-model', `The weight ${label} has ${where.byteLength} bytes, not ${needed}`, {
      remedy: 'The file is damaged: copy or export it again.',
    })
  }
  return { kind: 'rows', file: where.file, offset: where.offset, edit }
}

/** Zeroing a weight in place must change this site alone. */
function refuseShared(model: ModelGraph, site: DiscoveredSite, { projection }: SitePlace): void {
  const own = [site, ...site.copies].flatMap(({ projection: one }) => [
    { graph: one.graph, node: one.node },
    one.reader,
    ...one.weightPath,
  ])
  const other = readersOf(model, projection.weightReference).find((reader) => !own.some((mine) => isSame(mine, reader)))
  if (!other) return
  const node = model.graphs[other.graph]!.nodes[other.node]!
  throw new SnipError(
    'unsupported-model',
    `The weight ${shownName(projection.weight)} of ${site.site}:${site.layer} is also read by ${nodeLabel(node)}`,
    { remedy: 'Export the model again without shared weights, or open the checkpoint that it was made from.' },
  )
}
