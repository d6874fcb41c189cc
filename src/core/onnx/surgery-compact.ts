import type { DerivedTensor } from '../pruning/realise.ts'
import type { DiscoveredColumns, DiscoveredLinear, SitePlace, WeightReference } from '../discovery/discovered-model.ts'
import { nodeLabel } from './model-graph-order.ts'
import type { ModelGraph, ModelNode, ModelTensor, NodeAddress } from './model-graph.ts'
import { shownName } from './shown-name.ts'
import { resizeReshape, type ResizedShape } from './surgery-reshape.ts'
import { tensorAt } from './surgery-rows.ts'
import type { TensorEntry, WeightType } from './tensor-index.ts'

/** A weight of which some rows or columns stay, and the sizes that it then has. */
export interface CompactTensor {
  readonly reference: WeightReference
  readonly tensor: ModelTensor
  readonly derived: DerivedTensor
  readonly dims: readonly number[]
}

/** What makes one MLP narrower, or the sentence why it cannot be. */
export type CompactSite =
  | {
      readonly ok: true
      readonly tensors: readonly CompactTensor[]
      readonly shapes: readonly ResizedShape[]
      readonly staleValues: readonly string[]
    }
  | { readonly ok: false; readonly why: string }

const weightTypes: ReadonlyMap<number, WeightType> = new Map([
  [1, 'F32'],
  [10, 'F16'],
  [16, 'BF16'],
])
const keepsWidth = new Set(['Transpose', 'Cast', 'Identity'])

/**
 * Keeps some neurons of an MLP: outputs of its up and gate projections, inputs of its down projection. Only where all of them are plain
 * matrices of this MLP alone, and nothing between them knows how many neurons there are.
 */
export function compactPlace(
  model: ModelGraph,
  place: SitePlace,
  copies: readonly SitePlace[],
  width: number,
  kept: readonly number[],
): CompactSite {
  // The branches of a merged decoder may read the same weights: all of them are narrowed alike.
  const own = ownNodes(copies)
  const no = (why: string): CompactSite => ({ ok: false, why })
  if (!place.up) return no('the projection that makes its neurons is not known')
  if (model.irVersion < 4) return no('its weights are declared as inputs')
  if (kept.length === 0) return no('none of its neurons would be left')
  const tensors: CompactTensor[] = []
  const made: DiscoveredColumns[] = place.gate ? [place.up, place.gate] : [place.up]
  for (const { linear, firstColumn } of made) {
    const name = shownName(linear.weight)
    if (firstColumn !== 0 || linear.outputs !== width) return no(`the weight ${name} also makes other values`)
    const problem = problemOf(model, linear, own)
    if (problem !== null) return no(problem)
    tensors.push(compactWeight(model, linear, 'outputs', kept))
    if (linear.biasReference) {
      const { weight } = linear.biasReference
      if (readersOf(model, weight).some((one) => !own.some((mine) => isSame(mine, one)))) {
        return no(`the bias ${shownName(weight.name)} is read elsewhere, too`)
      }
      const bias = compactVector(model, weight, width, kept)
      if (!bias) return no(`the bias ${shownName(weight.name)} is not stored as plain numbers`)
      tensors.push(bias)
    }
  }
  const problem = problemOf(model, place.projection, own)
  if (problem !== null) return no(problem)
  tensors.push(compactWeight(model, place.projection, 'inputs', kept))
  const between = nodesBetween(model, place, made)
  const known = new Set(tensors.map(({ reference }) => reference.name))
  const shapes: ResizedShape[] = []
  for (const node of between.nodes) {
    if (node.op === 'Reshape') {
      const resized = resizeReshape(model.graphs[place.graph]!, node, width, kept.length)
      if (!resized) return no(`${nodeLabel(node)} names a number of neurons`)
      shapes.push(...resized)
      for (const input of node.inputs.slice(1)) known.add(input)
      continue
    }
    if (node.op === 'Expand') return no(`${nodeLabel(node)} names a number of neurons`)
    const fixed = node.inputs.find((input) => !known.has(input) && knowsWidth(model, input, width))
    if (fixed !== undefined)
      return no(`${nodeLabel(node)} reads ${shownName(fixed)}, which has a number for each neuron`)
  }
  const turned = [...made.map(({ linear }) => linear), place.projection].flatMap(({ weightPath }) =>
    weightPath.flatMap((address) => nodeAt(model, address).outputs),
  )
  return { ok: true, tensors, shapes, staleValues: [...between.values, ...turned, place.value] }
}

/** The nodes that read the weights of one MLP, in all branches. */
function ownNodes(places: readonly SitePlace[]): NodeAddress[] {
  return places
    .flatMap(({ projection, up, gate }) => [projection, ...(up ? [up.linear] : []), ...(gate ? [gate.linear] : [])])
    .flatMap((linear) => [
      { graph: linear.graph, node: linear.node },
      ...linear.weightPath,
      ...(linear.biasReference ? [linear.biasReference.reader] : []),
    ])
}

/** Why a projection cannot lose rows or columns; null when it can. */
function problemOf(model: ModelGraph, linear: DiscoveredLinear, own: readonly NodeAddress[]): string | null {
  const name = shownName(linear.weight)
  const tensor = tensorAt(model, linear.weightReference)
  if (linear.quantisation !== null) return `the weight ${name} is quantised`
  if (!weightTypes.has(tensor.type) || !isPlain(tensor)) return `the weight ${name} is not stored as plain numbers`
  const path = linear.weightPath.map((address) => nodeAt(model, address))
  const odd = path.find(({ op }) => !keepsWidth.has(op))
  if (odd) return `the weight ${name} passes ${nodeLabel(odd)}`
  const others = readersOf(model, linear.weightReference).filter((one) => !own.some((mine) => isSame(mine, one)))
  return others.length > 0 ? `the weight ${name} is read by ${nodeLabel(nodeAt(model, others[0]!))}, too` : null
}

function isPlain({ place }: ModelTensor): boolean {
  if (place.kind === 'typed') return place.field === 4 && place.packed !== null
  return place.kind === 'raw' || (place.kind === 'external' && place.byteLength !== null)
}

function compactWeight(
  model: ModelGraph,
  { weightReference, order, inputs, outputs }: DiscoveredLinear,
  side: 'inputs' | 'outputs',
  kept: readonly number[],
): CompactTensor {
  const tensor = tensorAt(model, weightReference)
  const alongRows = (order === 'in-out') === (side === 'inputs')
  const [rowCount, columnCount] = order === 'in-out' ? [inputs, outputs] : [outputs, inputs]
  const shape = alongRows ? [kept.length, columnCount] : [rowCount, kept.length]
  const derived: DerivedTensor = {
    source: entryOf(tensor, [rowCount, columnCount]),
    shape,
    rows: alongRows ? kept : null,
    columns: alongRows ? null : kept,
    zeroRows: null,
    zeroColumns: null,
  }
  return { reference: weightReference, tensor, derived, dims: [...tensor.dims.slice(0, -2), ...shape] }
}

function compactVector(
  model: ModelGraph,
  reference: WeightReference,
  width: number,
  kept: readonly number[],
): CompactTensor | null {
  const tensor = tensorAt(model, reference)
  if (!weightTypes.has(tensor.type) || !isPlain(tensor)) return null
  const derived: DerivedTensor = {
    source: entryOf(tensor, [width]),
    shape: [kept.length],
    rows: kept,
    columns: null,
    zeroRows: null,
    zeroColumns: null,
  }
  return { reference, tensor, derived, dims: [...tensor.dims.slice(0, -1), kept.length] }
}

/** Where a tensor's numbers are; the model file itself has an empty name here. */
function entryOf({ name, type, place }: ModelTensor, shape: readonly number[]): TensorEntry {
  const dtype = weightTypes.get(type)!
  if (place.kind === 'external') {
    return { name, dtype, shape, file: place.location, offset: place.offset, byteLength: place.byteLength! }
  }
  const [from, to] =
    place.kind === 'raw'
      ? [place.offset, place.offset + place.byteLength]
      : place.kind === 'typed' && place.packed
        ? [place.packed.from, place.packed.to]
        : [0, 0]
  return { name, dtype, shape, file: '', offset: from, byteLength: to - from }
}

/** Nodes from the projections that make the neurons to the neurons, and their values. */
function nodesBetween(model: ModelGraph, place: SitePlace, made: readonly DiscoveredColumns[]) {
  const body = model.graphs[place.graph]!
  const producer = new Map<string, ModelNode>()
  for (const node of body.nodes) for (const output of node.outputs) producer.set(output, node)
  const ends = new Set(made.map(({ linear }) => body.nodes[linear.node]!))
  const nodes = new Set<ModelNode>()
  const values: string[] = []
  const stack = [place.value]
  while (stack.length > 0) {
    const value = stack.pop()!
    const node = producer.get(value)
    if (!node || nodes.has(node)) continue
    values.push(...node.outputs)
    if (ends.has(node)) continue
    nodes.add(node)
    // What makes the shape of a Reshape is no neuron.
    stack.push(...(node.op === 'Reshape' ? node.inputs.slice(0, 1) : node.inputs))
  }
  return { nodes: [...nodes], values }
}

function knowsWidth(model: ModelGraph, name: string, width: number): boolean {
  return model.graphs.some(({ initializers, nodes }) => {
    const constant = nodes.find(({ op, outputs }) => op === 'Constant' && outputs[0] === name)?.attributes.get('value')
    const tensor = initializers.get(name) ?? (constant?.kind === 'tensor' ? constant.value : undefined)
    return tensor !== undefined && tensor.dims.includes(width) && width > 1
  })
}

/** All nodes that read a weight, in whichever graph. */
export function readersOf(model: ModelGraph, { name }: WeightReference): NodeAddress[] {
  return model.graphs.flatMap(({ id, nodes }) =>
    nodes.flatMap((node) => (node.inputs.includes(name) ? [{ graph: id, node: node.index }] : [])),
  )
}

function nodeAt(model: ModelGraph, { graph, node }: NodeAddress): ModelNode {
  return model.graphs[graph]!.nodes[node]!
}

export function isSame(a: NodeAddress, b: NodeAddress): boolean {
  return a.graph === b.graph && a.node === b.node
}
