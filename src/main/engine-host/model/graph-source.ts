import { SnipError } from '../../../contract/failure.ts'
import type { ModelLayout } from '../../../core/architectures/layout.ts'
import { buildDecoderGraph, type GraphPurpose } from '../../../core/onnx/decoder-graph.ts'
import { joinPieces, modelIrVersion, modelOpset, onnxType, serialiseModel } from '../../../core/onnx/serialise.ts'
import type { WeightFiles } from './checkpoint-folder.ts'

/** One input of a model's key-value cache: `past.<layer>.<part>`, whose successor is the output `present.<layer>.<part>`. */
export interface CacheInput {
  readonly name: string
  /** Shape of the empty cache of one sequence. */
  readonly dims: readonly number[]
}

/** Where the graphs of a model come from: one for each purpose, all with the same names of inputs and outputs. */
export interface GraphSource {
  /** The graph of one purpose as a serialised model, its weights external. Throws `unsupported-model` when it is not supported. */
  bytes(purpose: GraphPurpose): Uint8Array
  /**
   * Whether there is a graph of a purpose. Without `given` attention cloze questions run one sequence for each candidate; without
   * `cached`, generation computes the whole sequence for each token.
   */
  supports(purpose: GraphPurpose): boolean
  /** The cache that `cached` graphs start with. */
  readonly cache: readonly CacheInput[]
}

/** The graphs of a model that is described by a layout: all purposes are supported. */
export function layoutGraphs(layout: ModelLayout, weights: WeightFiles): GraphSource {
  return {
    bytes: (purpose) => layoutGraphBytes(layout, weights, purpose),
    supports: () => true,
    cache: layout.blocks.flatMap(({ attention }, layer) => {
      if (attention.kind === 'removed') return []
      const dims = [1, attention.keyValueHeadCount, 0, attention.headWidth]
      return ['key', 'value'].map((part) => ({ name: `past.${layer}.${part}`, dims }))
    }),
  }
}

function layoutGraphBytes(layout: ModelLayout, weights: WeightFiles, purpose: GraphPurpose): Uint8Array {
  const entryOf = (name: string) => {
    const entry = weights.tensors.get(name)
    if (!entry) throw new SnipError('internal', `The layout names the tensor ${name}, which the files do not hold`)
    return entry
  }
  const graph = buildDecoderGraph(layout, (name) => entryOf(name).dtype, purpose)
  const pieces = serialiseModel(
    graph,
    (name) => {
      const entry = entryOf(name)
      const { location } = weights.files.get(entry.file)!
      const place = { kind: 'external', location, offset: entry.offset, byteLength: entry.byteLength } as const
      return { name, type: onnxType(entry.dtype), dims: entry.shape, place }
    },
    { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} },
  )
  return joinPieces(pieces)
}
