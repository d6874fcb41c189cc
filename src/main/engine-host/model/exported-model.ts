import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { parseLayout } from '../../../core/architectures/layout-schema.ts'
import { architectures } from '../../../core/architectures/registry.ts'
import {
  exportMetadata,
  exportProducerVersion,
  placeWeights,
  purposeOfExport,
} from '../../../core/onnx/export-format.ts'
import { buildDecoderGraph } from '../../../core/onnx/decoder-graph.ts'
import { elementType, type Graph } from '../../../core/onnx/graph.ts'
import { scanModel, type ScannedTensor } from '../../../core/onnx/model-scanner.ts'
import { shownName } from '../../../core/onnx/shown-name.ts'
import { modelIrVersion, modelOpset, onnxType, pieceLength, serialiseModel } from '../../../core/onnx/serialise.ts'
import {
  bytesPerElement,
  elementCount,
  type ByteSource,
  type TensorEntry,
  type WeightType,
} from '../../../core/onnx/tensor-index.ts'
import { withFile } from '../../files/file-source.ts'
import type { WeightFiles } from './checkpoint-folder.ts'

const weightTypes: ReadonlyMap<number, WeightType> = new Map([
  [elementType.float, 'F32'],
  [elementType.float16, 'F16'],
  [elementType.bfloat16, 'BF16'],
])

/** Whether an .onnx file says that this program exported it. Its metadata alone are read; `openExportedModel` proves the claim. */
export function claimsToBeExported(path: string): boolean {
  const { metadata } = withFile(realpathSync(path), basename(path), scanModel)
  return metadata.get(exportMetadata.format) === exportMetadata.formatVersion && metadata.has(exportMetadata.layout)
}

/**
 * Opens an .onnx file that this program exported. Its metadata hold the layout; what an export of that layout writes must equal the
 * file byte for byte, weights left out, so that what is measured is what the file computes.
 */
export function openExportedModel(path: string) {
  const real = realpathSync(path)
  const folder = dirname(real)
  const modelName = basename(real)
  const scanned = withFile(real, modelName, scanModel)
  const claim = scanned.metadata.get(exportMetadata.layout)
  if (claim === undefined || scanned.metadata.get(exportMetadata.format) !== exportMetadata.formatVersion) {
    const producer = scanned.producer === '' ? 'an unnamed exporter' : shownName(scanned.producer)
    throw new SnipError('unsupported-model', `${path} was written by ${producer}, not by snip export`, {
      remedy: 'Open the checkpoint folder that it was made from.',
    })
  }
  const files = new Map([[modelName, { location: modelName, path: real }]])
  const tensors = new Map<string, TensorEntry>()
  for (const tensor of scanned.tensors) {
    const entry = readTensor(tensor, modelName, statSync(real).size, folder, files)
    if (entry) tensors.set(entry.name, entry)
  }
  const weights: WeightFiles = { folder, files, tensors }
  const layout = parseLayout(parseJson(claim, path), tensors, path)
  const graph = buildDecoderGraph(layout, (name) => tensors.get(name)!.dtype, purposeOfExport(scanned.metadata))
  if (!withFile(real, modelName, (file) => isExportOf(file, graph, tensors, scanned.metadata))) {
    throw new SnipError('bad-model', `The graph of ${path} is not the one that its metadata describe`, {
      remedy: 'The file was changed after it was exported: export it again.',
    })
  }
  const familyName = architectures.find((architecture) => architecture.id === layout.family)?.name ?? layout.family
  const hashedFiles = [...files].map(([name, file]) => ({ name, path: file.path }))
  return { layout, weights, familyName, hashedFiles }
}

/** True when the file is what an export of the graph writes, whatever the weights' values. */
function isExportOf(
  file: ByteSource,
  graph: Graph,
  tensors: ReadonlyMap<string, TensorEntry>,
  metadata: ReadonlyMap<string, string>,
): boolean {
  const location = tensors.get(graph.weights[0]!)!.file
  const byteLengthOf = (name: string) => tensors.get(name)!.byteLength
  const places = placeWeights(graph.weights, byteLengthOf, location === file.name ? null : location)
  const pieces = serialiseModel(
    graph,
    (name) => {
      const { dtype, shape } = tensors.get(name)!
      return { name, type: onnxType(dtype), dims: shape, place: places.get(name)! }
    },
    {
      opset: modelOpset,
      irVersion: modelIrVersion,
      producerVersion: exportProducerVersion,
      metadata: Object.fromEntries(metadata),
    },
  )
  let at = 0
  for (const piece of pieces) {
    const length = pieceLength(piece)
    if (at + length > file.size) return false
    if ('weight' in piece) {
      if (tensors.get(piece.weight)!.offset !== at) return false
    } else if (Buffer.compare(piece.bytes, file.read(at, length)) !== 0) return false
    at += length
  }
  return at === file.size
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new SnipError('bad-model', `The layout in the metadata of ${path} is not JSON`, {
      remedy: 'Export it again.',
    })
  }
}

/** The entry of one initializer; null for the graph's own small constants, which are no weights. */
function readTensor(
  tensor: ScannedTensor,
  modelName: string,
  modelSize: number,
  folder: string,
  files: Map<string, { location: string; path: string }>,
): TensorEntry | null {
  const bad = (what: string) =>
    new SnipError('bad-model', `${modelName}: tensor ${shownName(tensor.name)} ${what}`, {
      remedy: 'The file is damaged or was changed: copy or export it again.',
    })
  const dtype = weightTypes.get(tensor.type)
  if (dtype === undefined) return null
  const elements = elementCount(tensor.dims)
  if (elements === null) throw bad('has an impossible shape')
  const expected = elements * bytesPerElement[dtype]
  let file = modelName
  let size = modelSize
  let place = tensor.raw
  if (tensor.external) {
    const { location, offset = '0', length = String(expected) } = tensor.external
    if (location === undefined || location !== basename(location) || location === '..' || location.includes('\0')) {
      throw bad(`lies in ${shownName(location ?? '')}, which is no file beside the model`)
    }
    const path = join(folder, location)
    if (!existsSync(path)) throw bad(`lies in ${shownName(location)}, which is missing`)
    const entry = lstatSync(path)
    if (entry.isSymbolicLink()) throw bad(`lies in ${shownName(location)}, which is a symbolic link`)
    if (!entry.isFile()) throw bad(`lies in ${shownName(location)}, which is no file`)
    if (!/^\d{1,15}$/.test(offset) || !/^\d{1,15}$/.test(length)) throw bad('has a broken place')
    files.set(location, { location, path })
    file = location
    size = statSync(path).size
    place = { offset: Number(offset), byteLength: Number(length) }
  }
  if (!place) return null
  if (place.byteLength !== expected) throw bad(`has ${place.byteLength} bytes, its shape needs ${expected}`)
  if (place.offset + place.byteLength > size) throw bad(`ends beyond the end of ${file}`)
  return { name: tensor.name, dtype, shape: tensor.dims, file, offset: place.offset, byteLength: place.byteLength }
}
