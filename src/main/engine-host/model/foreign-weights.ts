import type { DiscoveredLinear, WeightReference } from '../../../core/discovery/discovered-model.ts'
import type { Linear } from '../../../core/architectures/layout.ts'
import { flattenGraph, type FlatGraph } from '../../../core/onnx/flat-graph.ts'
import type { ModelNode, ModelTensor } from '../../../core/onnx/model-graph.ts'
import { elementCount, type TensorEntry, type WeightType } from '../../../core/onnx/tensor-index.ts'
import type { WeightFiles } from './checkpoint-folder.ts'
import type { ForeignModel } from './foreign-graphs.ts'
import type { Readout, ReadoutNorm } from './readout.ts'

/** What facts say of the weights of a model. */
export interface WeightFacts {
  readonly types: readonly string[]
  readonly parameters: number
  readonly bytes: number
}

const floatTypes: ReadonlyMap<number, WeightType> = new Map([
  [1, 'F32'],
  [10, 'F16'],
  [16, 'BF16'],
])
const otherTypes: ReadonlyMap<number, string> = new Map([
  [2, 'U8'],
  [3, 'I8'],
  [11, 'F64'],
  [17, 'F8'],
  [18, 'F8'],
  [19, 'F8'],
  [20, 'F8'],
  [21, 'U4'],
  [22, 'I4'],
])
/** Tensors of fewer elements are shapes, axes and factors. */
const smallestWeight = 8

/** The weights that run, where they lie: those of float types can be read by name. */
export function foreignWeights({ graph, discovered, files }: ForeignModel) {
  const flat = flattenGraph(graph, discovered, 'whole')
  const tensors = new Map<string, TensorEntry>()
  const types = new Set<string>()
  let parameters = 0
  let bytes = 0
  for (const [name, tensor] of flat.tensors) {
    const elements = elementCount(tensor.dims) ?? 0
    const dtype = floatTypes.get(tensor.type)
    const type = dtype ?? otherTypes.get(tensor.type)
    if (type === undefined || elements < smallestWeight) continue
    const place = placeOf(tensor, files.name)
    if (place === null) continue
    types.add(type)
    parameters += elements
    bytes += place.byteLength
    if (dtype !== undefined) tensors.set(name, { name, dtype, shape: tensor.dims, ...place })
  }
  const located = [...files.paths].map(([location, path]) => [location, { location, path }] as const)
  const weights: WeightFiles = { folder: files.folder, files: new Map(located), tensors }
  const facts: WeightFacts = { types: [...types].toSorted(), parameters, bytes }
  return { weights, facts, readout: readoutOf(flat, discovered, tensors), isTied: isTied(discovered.heads[0]) }
}

function placeOf({ place, type }: ModelTensor, file: string) {
  if (place.kind === 'raw') return { file, offset: place.offset, byteLength: place.byteLength }
  if (place.kind === 'external' && place.byteLength !== null) {
    return { file: place.location, offset: place.offset, byteLength: place.byteLength }
  }
  if (place.kind === 'typed' && place.field === 4 && type === 1 && place.packed) {
    return { file, offset: place.packed.from, byteLength: place.packed.to - place.packed.from }
  }
  return null
}

const isTied = (head: DiscoveredLinear | undefined): boolean => (head?.sharedWith.length ?? 0) > 0

/** What of the weights between neurons and tokens the graph shows. */
function readoutOf(
  flat: FlatGraph,
  { inputs, sites, heads, vocabularySize, width }: ForeignModel['discovered'],
  tensors: ReadonlyMap<string, TensorEntry>,
): Partial<Readout> {
  const linearOf = (linear: DiscoveredLinear): Linear | null => {
    if (linear.quantisation !== null || !tensors.has(nameOf(linear.weightReference))) return null
    const { order, inputs: read, outputs } = linear
    return { weight: nameOf(linear.weightReference), bias: null, order, inputs: read, outputs }
  }
  const producer = new Map(flat.nodes.flatMap(({ node }) => node.outputs.map((output) => [output, node] as const)))
  const isIds = (value: string): boolean => {
    if (value === inputs.inputIds) return true
    const node = producer.get(value)
    return node !== undefined && ['Cast', 'Identity', 'Reshape'].includes(node.op) && isIds(node.inputs[0] ?? '')
  }
  const stored = (value: string): string => {
    const node = producer.get(value)
    return node && ['Cast', 'Identity'].includes(node.op) ? stored(node.inputs[0] ?? '') : value
  }
  const gather = flat.nodes.find(({ node }) => {
    const shape = tensors.get(stored(node.inputs[0] ?? ''))?.shape
    return node.op === 'Gather' && shape?.[0] === vocabularySize && shape[1] === width && isIds(node.inputs[1] ?? '')
  })
  const headLinear = heads[0] ? linearOf(heads[0]) : null
  const headReader =
    flat.head &&
    flat.nodes.find(({ graph, node }) => {
      const { reader } = flat.head!
      return reader.graph === graph && reader.node === node.index
    })
  const norm = headReader
    ? normBefore(producer, headReader.node.inputs[flat.head?.readerInput ?? 0] ?? '', tensors, width)
    : null
  return {
    ...(gather ? { embedding: stored(gather.node.inputs[0]!) } : {}),
    outputOf: ({ site, layer }) => {
      const found = sites.find((one) => one.site === site && one.layer === layer)
      return found ? linearOf(found.projection) : null
    },
    ...(norm ? { norms: () => [norm] } : {}),
    outputProjection: null,
    ...(headLinear ? { head: headLinear } : {}),
  }
}

const nameOf = ({ name }: WeightReference): string => name

const norms: ReadonlyMap<string, { readonly centred: boolean; readonly weight: number }> = new Map([
  ['LayerNormalization', { centred: true, weight: 1 }],
  ['SkipLayerNormalization', { centred: true, weight: 2 }],
  ['SimplifiedLayerNormalization', { centred: false, weight: 1 }],
  ['RMSNormalization', { centred: false, weight: 1 }],
  ['SkipSimplifiedLayerNormalization', { centred: false, weight: 2 }],
])

/** The norm whose result a value is, as one operator or as its parts: x / root x weight + bias. */
function normBefore(
  producer: ReadonlyMap<string, ModelNode>,
  value: string,
  tensors: ReadonlyMap<string, TensorEntry>,
  width: number,
): ReadoutNorm | null {
  const isVector = (name: string | undefined): name is string => {
    const shape = tensors.get(name ?? '')?.shape
    return shape?.length === 1 && shape[0] === width
  }
  let at = value
  for (let steps = 0; steps < 8; steps++) {
    const node = producer.get(at)
    if (!node) return null
    const known = norms.get(node.op)
    if (known) {
      const weight = node.inputs[known.weight]
      return isVector(weight) ? { centred: known.centred, plusOne: false, weight } : null
    }
    const [a, b] = node.inputs
    if (node.op === 'Mul' && (isVector(a) || isVector(b))) {
      const [weight, other] = isVector(a) ? [a, b] : [b!, a]
      const scaled = producer.get(other ?? '')
      const centred = producer.get(scaled?.inputs[0] ?? '')?.op === 'Sub'
      return scaled && ['Div', 'Mul'].includes(scaled.op) ? { centred, plusOne: false, weight } : null
    }
    if (node.op === 'Add' && (isVector(a) || isVector(b))) at = (isVector(a) ? b : a) ?? ''
    else if (['Cast', 'Identity', 'Reshape', 'Gather', 'Slice'].includes(node.op)) at = a ?? ''
    else return null
  }
  return null
}
