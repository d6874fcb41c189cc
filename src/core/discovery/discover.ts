import { nodeLabel } from '../onnx/model-graph-order.ts'
import type { ModelGraph, ModelNode, ModelValue } from '../onnx/model-graph.ts'
import { shownName, shownText } from '../onnx/shown-name.ts'
import { headOf, readBranch, type BranchParts } from './branch.ts'
import { behind } from './constants.ts'
import { findPositions } from './context.ts'
import type { DiscoveredCache, DiscoveredModel, DiscoveredSite } from './discovered-model.ts'
import { intAttribute, isOp, refusal, type GraphScope } from './graph-scope.ts'
import { sortInputs } from './inputs.ts'
import { matchBranches } from './layers.ts'
import { ReaderIndex } from './readers.ts'
import { findTokens } from './tokens.ts'

/**
 * Finds the neurons of both sites in an ONNX model by its structure, whatever its names: it goes back from the logits along the
 * residual stream, and sorts every projection that is added to it by what its input is made of.
 *
 * @throws SnipError `unsupported-model`, naming the node and what is missing; a graph that is no language model is told so.
 */
export function discoverModel(model: ModelGraph): DiscoveredModel {
  refuseOwnFunctions(model)
  const readers = new ReaderIndex(model)
  refuseNoText(model)
  const { output, branches } = findLogits(readers)
  const first = branches[0]!
  const { tokens, tokenTable, positionTables } = findTokens(readers, first)
  const { sites, notes } = matchBranches(model, branches)
  const caches = branches.map((branch) => branch.caches).find((list) => list.length > 0) ?? []
  const names = new Set(branches.flatMap((branch) => branch.caches.map((cache) => cache.past)))
  const { tokens: ids, ...inputs } = sortInputs(readers, tokens, first.stream.tables, names)
  const cores = branches.flatMap((branch) => branch.cores.map((core) => ({ branch, core })))
  const positions = findPositions(
    first.scope,
    cores.filter(({ branch }) => branch === first).map(({ core }) => core),
    positionTables,
  )
  const vocabularySize = first.head.outputs
  if (vocabularySize < tokenTable.rows / 2) {
    throw refusal(
      model,
      `it is no language model: it knows ${tokenTable.rows} tokens, but its output ${shownName(output.name)} has ${vocabularySize} columns`,
      'Choose a model that predicts tokens; classifiers of texts and of tokens do not.',
    )
  }
  if (tokenTable.rows !== vocabularySize) {
    notes.push(`The embedding has ${tokenTable.rows} rows, the logits ${vocabularySize} columns.`)
  }
  if (branches.length > 1) notes.push(`The file holds ${branches.length} branches; a plan changes all of them.`)
  const fixed = (axis: number) => {
    const size = ids.dims?.[axis]
    return typeof size === 'number' ? size : null
  }
  const linears = sites.flatMap((site) => [site.projection, site.up?.linear, site.gate?.linear])
  return {
    inputs: { ...inputs, inputIdsType: ids.type, pastKeyValues: nameCaches(model, caches) },
    logits: output.name,
    logitsType: output.type,
    heads: branches.map((branch) => readers.share(branch.head)),
    vocabularySize,
    width: sites[0]!.projection.outputs,
    contextLength: lowest(positions.contextLength, fixed(1)),
    fixedBatch: fixed(0),
    fixedSequence: fixed(1),
    layers: layerCount(sites),
    positions: positions.kind,
    objective: positions.isCausal || caches.length > 0 ? 'causal' : 'unknown',
    quantisesActivations:
      linears.some((linear) => linear?.quantisesActivations) ||
      model.graphs.some(({ nodes }) => nodes.some(quantisesAsItRuns)),
    sites,
    notes,
  }
}

function refuseOwnFunctions(model: ModelGraph): void {
  const own = new Set(model.functions.map(({ domain, name }) => `${domain}:${name}`))
  if (own.size === 0) return
  for (const { nodes } of model.graphs) {
    for (const node of nodes) {
      if (!own.has(`${node.domain}:${node.op}`)) continue
      throw refusal(
        model,
        `node ${nodeLabel(node)} calls a function that the file defines itself`,
        'Inline the functions first (onnx.inliner.inline_local_functions), or export with torch 2.5 or later.',
      )
    }
  }
}

/** Images, sounds and vectors are told at once. */
function refuseNoText(model: ModelGraph): void {
  const { inputs } = model.graphs[0]!
  const integers = new Set([6, 7, 0])
  if (inputs.some(({ type, dims }) => integers.has(type) && (dims === null || dims.length === 2))) return
  const list = inputs.map(({ name }) => shownName(name)).slice(0, 5)
  throw refusal(
    model,
    `it is no language model: none of its inputs (${list.join(', ') || 'it has none'}) is token ids, integers [batch, sequence]`,
    'Choose a model that predicts tokens.',
  )
}

interface FoundLogits {
  readonly output: ModelValue
  readonly branches: readonly BranchParts[]
}

/** The output that a projection of the residual stream makes, and its makers: several when an If chooses. */
function findLogits(readers: ReaderIndex): FoundLogits {
  const { model } = readers
  const { outputs } = model.graphs[0]!
  const isFloat = ({ type }: ModelValue) => type === 0 || type === 1 || type === 10 || type === 16
  const candidates = outputs.filter((output) => isFloat(output) && (output.dims === null || output.dims.length === 3))
  // The name is a hint about the order only: what is looked at first.
  const ordered = candidates.toSorted((a, b) => Number(/logit/i.test(b.name)) - Number(/logit/i.test(a.name)))
  let reason: unknown = null
  for (const output of ordered) {
    const makers = makersOf(readers, output.name)
    const heads = makers.map(({ scope, value }) => headOf(scope, value))
    if (heads.some((head) => head === null)) continue
    try {
      const branches = makers.map(({ scope, value, graph }) => readBranch(readers, scope, value, graph))
      return { output, branches: branches.toSorted((a, b) => a.caches.length - b.caches.length) }
    } catch (error) {
      reason ??= error
    }
  }
  if (reason !== null) throw reason
  const list = outputs.map(
    ({ name, dims }) => `${shownName(name)} [${(dims ?? ['?']).slice(0, 8).map(shownSize).join(', ')}]`,
  )
  throw refusal(
    model,
    `it is no language model: no output is logits [batch, sequence, vocabulary] made by a projection (it has ${list.slice(0, 4).join(', ')})`,
    'Choose a model that predicts tokens; encoders and classifiers have no vocabulary at their end.',
  )
}

function shownSize(size: number | string | null): string {
  return typeof size === 'string' ? shownText(size) : String(size ?? '?')
}

interface Maker {
  readonly scope: GraphScope
  readonly value: string
  readonly graph: number
}

function makersOf(readers: ReaderIndex, name: string): Maker[] {
  const makers: Maker[] = []
  const queue: Maker[] = [{ scope: readers.scope(0), value: name, graph: 0 }]
  while (queue.length > 0 && makers.length < 16) {
    const maker = queue.shift()!
    const value = behind(maker.scope, maker.value)
    const from = maker.scope.produced(value)
    if (!from || !isOp(from.made, 'If')) {
      makers.push(maker)
      continue
    }
    for (const key of ['then_branch', 'else_branch']) {
      const attribute = from.made.attributes.get(key)
      if (attribute?.kind !== 'graph') continue
      const output = readers.model.graphs[attribute.value]!.outputs[from.output]
      if (!output) throw maker.scope.refuse(from.made, 'has a branch with too few outputs')
      queue.push({ scope: readers.scope(attribute.value), value: output.name, graph: attribute.value })
    }
  }
  return makers
}

function quantisesAsItRuns(node: ModelNode): boolean {
  if (node.op.startsWith('DynamicQuantize')) return true
  return node.op === 'MatMulNBits' && intAttribute(node, 'accuracy_level', 0) === 4
}

function layerCount(sites: readonly DiscoveredSite[]): number {
  return sites.reduce((most, { layer }) => Math.max(most, layer + 1), 0)
}

function lowest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}

/** Fills in outputs that the structure left open by the names that exporters agree on. */
function nameCaches(model: ModelGraph, caches: readonly DiscoveredCache[]): DiscoveredCache[] {
  const outputs = new Set(model.graphs[0]!.outputs.map(({ name }) => name))
  return caches.map((cache) => {
    if (cache.present !== null) return cache
    const guess = cache.past.replace(/^past_key_values/, 'present').replace(/^past/, 'present')
    return { ...cache, present: outputs.has(guess) ? guess : null }
  })
}
