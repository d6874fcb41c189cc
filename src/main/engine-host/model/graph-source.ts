import { SnipError } from '../../../contract/failure.ts'
import type { Site } from '../../../contract/neuron.ts'
import type { ModelLayout } from '../../../core/architectures/layout.ts'
import { buildDecoderGraph, type GraphPurpose } from '../../../core/onnx/decoder-graph.ts'
import { joinPieces, modelIrVersion, modelOpset, onnxType, serialiseModel } from '../../../core/onnx/serialise.ts'
import { impreciseOnWebGpu } from '../sessions/session.ts'
import type { WeightFiles } from './checkpoint-folder.ts'

/** One input of a model's key-value cache: `past.<layer>.<part>`, whose successor is the output `present.<layer>.<part>`. */
export interface CacheInput {
  readonly name: string
  /** Shape of the empty cache of one sequence. */
  readonly dims: readonly number[]
}

/** One number per neuron by site and layer: 0 where a plan removes it. */
export type Silenced = ReadonlyMap<Site, readonly Float32Array[]>

/** Where the graphs of a model come from: one for each purpose, all with the same names of inputs and outputs. */
export interface GraphSource {
  /**
   * `mask`: plans are fed to a session as masks. `zeroed-weights`: each plan has a session of its own, whose graph is asked for with
   * `silenced`, since the model quantises activations as it runs and a mask would change the scale of the other neurons.
   */
  readonly planBy: 'mask' | 'zeroed-weights'
  /**
   * How ONNX Runtime may change the graphs. `basic` where fusing changes numbers: it multiplies dequantised weights by activations that it
   * quantises itself, and rounds halves elsewhere.
   */
  readonly optimisation: 'basic' | 'all'
  /** Most sequences of one run; null when there is no limit. */
  readonly largestBatch: number | null
  /** The graph of one purpose as a serialised model, its weights external. Throws `unsupported-model` when it is not supported. */
  bytes(purpose: GraphPurpose, silenced?: Silenced | null): Uint8Array
  /**
   * Whether there is a graph of a purpose. Without `given` attention cloze questions run one sequence for each candidate; without
   * `cached`, generation computes the whole sequence for each token.
   */
  supports(purpose: GraphPurpose): boolean
  /** The cache that `cached` graphs start with. */
  readonly cache: readonly CacheInput[]
}

/**
 * The graphs of a model that is described by a layout: for all purposes, but a cache for one that reads in both directions, and
 * what texts have for one that reads images.
 */
export function layoutGraphs(layout: ModelLayout, weights: WeightFiles): GraphSource {
  return {
    planBy: 'mask',
    optimisation: 'all',
    largestBatch: null,
    bytes: (purpose) => layoutGraphBytes(layout, weights, purpose),
    supports: ({ attention, output }) => {
      if (layout.image)
        return (attention === 'causal' || attention === 'padded') && (output === 'logits' || output === 'none')
      return !(layout.bidirectional === true && attention === 'cached')
    },
    cache: layout.blocks.flatMap(({ attention }, layer) => {
      if (attention.kind === 'removed') return []
      const dims = [1, attention.keyValueHeadCount, 0, attention.headWidth]
      return ['key', 'value'].map((part) => ({ name: `past.${layer}.${part}`, dims }))
    }),
  }
}

const imprecise: ReadonlySet<string> = new Set(impreciseOnWebGpu)

function layoutGraphBytes(layout: ModelLayout, weights: WeightFiles, purpose: GraphPurpose): Uint8Array {
  const entryOf = (name: string) => {
    const entry = weights.tensors.get(name)
    if (!entry) throw new SnipError('internal', `The layout names the tensor ${name}, which the files do not hold`)
    return entry
  }
  const built = buildDecoderGraph(layout, (name) => entryOf(name).dtype, purpose)
  const graph = {
    ...built,
    nodes: built.nodes.map((node) => (imprecise.has(node.op) ? { ...node, name: node.op } : node)),
  }
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
