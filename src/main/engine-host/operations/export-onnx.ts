import { buildDecoderGraph, type GraphPurpose } from '../../../core/onnx/decoder-graph.ts'
import {
  exportMetadata,
  exportProducerVersion,
  largestInlineBytes,
  placeWeights,
} from '../../../core/onnx/export-format.ts'
import { elementType } from '../../../core/onnx/graph.ts'
import { modelIrVersion, modelOpset, onnxType, serialiseModel } from '../../../core/onnx/serialise.ts'
import { exportedType } from '../../../core/pruning/derived-bytes.ts'
import type { FoldedModel } from '../../../core/pruning/fold-replacement.ts'
import { partLength, type FilePart, type PlannedFile } from '../../../core/pruning/planned-file.ts'

/** How an ONNX file is named and where its weights go. */
export interface OnnxPlace {
  /** Path of the model file below the export's folder. */
  readonly name: string
  /** Name of the file beside it for weights that do not go inside, without folder. */
  readonly dataName: string
  readonly weights: 'inline' | 'external'
  readonly metadata: Readonly<Record<string, string>>
}

/** A pruned model as an ONNX file: the graph of a purpose with its weights, which lie inside or in a file beside it. */
export function planOnnxFiles(
  { layout, tensors, biases }: FoldedModel,
  purpose: GraphPurpose,
  { name, dataName, weights, metadata }: OnnxPlace,
): PlannedFile[] {
  const typeOf = (weight: string) => (biases.has(weight) ? 'F32' : exportedType(tensors.get(weight)!.source.dtype))
  const partOf = (weight: string): FilePart => {
    const bias = biases.get(weight)
    return bias ? { kind: 'bias', bias } : { kind: 'tensor', tensor: tensors.get(weight)!, written: exportedType }
  }
  const graph = buildDecoderGraph(layout, typeOf, purpose)
  const byteLengthOf = (weight: string) => partLength(partOf(weight))
  const total = graph.weights.reduce((sum, weight) => sum + byteLengthOf(weight), 0)
  const isExternal = weights === 'external' || total > largestInlineBytes
  const places = placeWeights(graph.weights, byteLengthOf, isExternal ? dataName : null)
  const pieces = serialiseModel(
    graph,
    (weight) => {
      const bias = biases.get(weight)
      const dims = bias ? [bias.width] : tensors.get(weight)!.shape
      return {
        name: weight,
        type: bias ? elementType.float : onnxType(typeOf(weight)),
        dims,
        place: places.get(weight)!,
      }
    },
    {
      opset: modelOpset,
      irVersion: modelIrVersion,
      producerVersion: exportProducerVersion,
      metadata: {
        ...metadata,
        [exportMetadata.format]: exportMetadata.formatVersion,
        [exportMetadata.layout]: JSON.stringify(layout),
      },
    },
  )
  const parts = pieces.map((piece): FilePart =>
    'weight' in piece ? partOf(piece.weight) : { kind: 'bytes', ...piece },
  )
  const model = { name, parts }
  if (!isExternal) return [model]
  const data: FilePart[] = []
  let at = 0
  for (const [weight, place] of places) {
    if (place.kind !== 'external') continue
    if (place.offset > at) data.push({ kind: 'zeros', byteLength: place.offset - at })
    data.push(partOf(weight))
    at = place.offset + place.byteLength
  }
  const folder = name.slice(0, name.lastIndexOf('/') + 1)
  return [model, { name: `${folder}${dataName}`, parts: data }]
}
