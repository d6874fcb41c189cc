import { SnipError } from '../../../contract/failure.ts'
import type { Site } from '../../../contract/neuron.ts'
import type { DiscoveredModel } from '../../../core/discovery/discovered-model.ts'
import type { GraphPurpose } from '../../../core/onnx/decoder-graph.ts'
import { flattenGraph } from '../../../core/onnx/flat-graph.ts'
import { cacheDims, cacheName } from '../../../core/onnx/given-inputs.ts'
import { elementType } from '../../../core/onnx/graph.ts'
import type { ModelGraph } from '../../../core/onnx/model-graph.ts'
import { purposeBytes } from '../../../core/onnx/purpose-bytes.ts'
import { derivePurpose } from '../../../core/onnx/purpose-graph.ts'
import { applyRowEdit, silenceInputs, tensorAt } from '../../../core/onnx/surgery-rows.ts'
import { neuronType } from '../../../core/onnx/value-type.ts'
import { readTensorBytes, withModelBytes, type ForeignFiles } from './foreign-files.ts'
import type { GraphSource, Silenced } from './graph-source.ts'

/** An ONNX model that another program wrote, as far as it was read: structure, neurons, files. */
export interface ForeignModel {
  readonly graph: ModelGraph
  readonly discovered: DiscoveredModel
  readonly files: ForeignFiles
}

/** How plans act on a model: multiplied into the neurons, or in the stored weights that read them. */
export type PlanBy = 'mask' | 'zeroed-weights'

/**
 * Plans act by masks, except where a site's output projection quantises its input as it runs: there a mask would change the scale of
 * all other neurons.
 */
export function planByOf({ sites }: DiscoveredModel): PlanBy {
  const quantises = sites.some((site) => [site, ...site.copies].some((place) => place.projection.quantisesActivations))
  return quantises ? 'zeroed-weights' : 'mask'
}

/** `basic` for graphs that hold halves or numbers to dequantise: what fusing makes of them has other results. */
export function optimisationOf({ graphs }: ModelGraph): 'basic' | 'all' {
  const isDelicate = graphs.some(
    ({ nodes, initializers }) =>
      nodes.some(({ op }) => op === 'DequantizeLinear' || op === 'QuantizeLinear') ||
      [...initializers.values()].some(({ type }) => type === elementType.float16 || type === elementType.bfloat16),
  )
  return isDelicate ? 'basic' : 'all'
}

/** The bytes of one derived graph; `silenced` zeroes weights, `masks` adds mask inputs: both at once only to compare them. */
export function foreignGraphBytes(
  { graph, discovered, files }: ForeignModel,
  purpose: GraphPurpose,
  { masks, silenced }: { readonly masks: boolean; readonly silenced: Silenced | null },
): Uint8Array {
  const types = new Map<string, number>()
  for (const site of discovered.sites) {
    for (const place of [site, ...site.copies]) types.set(place.value, neuronType(graph, place))
  }
  const derived = derivePurpose(graph, discovered, purpose, { masks, typeOf: (value) => types.get(value)! })
  return withModelBytes(files, (bytes) => {
    const replaced = new Map<string, Uint8Array>()
    for (const { site, layer, place } of silenced === null ? [] : derived.flat.sites) {
      const gone = silentIndices(silenced!, site, layer)
      if (gone.length === 0) continue
      const { weightReference, weight } = place.projection
      const stored = replaced.get(weightReference.name) ?? readTensorBytes(bytes, tensorAt(graph, weightReference))
      const read = (tensor: Parameters<typeof readTensorBytes>[1]) => readTensorBytes(bytes, tensor)
      applyRowEdit(silenceInputs(graph, place.projection, gone, read), stored, weight)
      replaced.set(weightReference.name, stored)
    }
    return purposeBytes(graph, derived, bytes, replaced)
  })
}

/** Places of the zeros in a mask. */
export function silentIndices(silenced: Silenced, site: Site, layer: number): number[] {
  const mask = silenced.get(site)?.[layer] ?? new Float32Array(0)
  return Array.from(mask.keys()).filter((index) => mask[index] === 0)
}

/** The graphs of a foreign model. `cached`: whether its cache was seen to work. */
export function foreignGraphs(model: ForeignModel, cached: boolean): GraphSource {
  const { graph, discovered } = model
  const planBy = planByOf(discovered)
  const supports = ({ attention }: GraphPurpose) => attention === 'causal' || (attention === 'cached' && cached)
  return {
    planBy,
    optimisation: optimisationOf(graph),
    largestBatch: discovered.fixedBatch,
    supports,
    bytes: (purpose, silenced = null) => {
      if (!supports(purpose)) {
        throw new SnipError('unsupported-model', `${graph.file} has no ${purpose.attention} attention`)
      }
      return foreignGraphBytes(model, purpose, { masks: planBy === 'mask', silenced })
    },
    cache: cached
      ? discovered.inputs.pastKeyValues.map((cache) => ({
          name: cacheName(cache),
          dims: cacheDims(cache).map((size) => size ?? 1),
        }))
      : [],
  }
}

/** Whether a model takes a cache whose successor it gives out. Throws what deriving the graph throws. */
export function hasCache({ graph, discovered }: ForeignModel): boolean {
  const { pastKeyValues } = discovered.inputs
  if (pastKeyValues.length === 0 || discovered.fixedBatch !== null || discovered.fixedSequence !== null) return false
  if (pastKeyValues.some(({ present }) => present === null)) return false
  flattenGraph(graph, discovered, 'cached')
  return true
}
