import type { ModelNode, ModelValue } from '../onnx/model-graph.ts'
import { shownName } from '../onnx/shown-name.ts'
import { isTableRows } from './expression.ts'
import { isMicrosoft, isOp, refusal } from './graph-scope.ts'
import { linearWithBias } from './linear.ts'
import type { ReaderIndex, ValueReader } from './readers.ts'
import type { DiscoveredInput, DiscoveredModel } from './discovered-model.ts'
import type { FoundTable } from './stream.ts'

const int32 = 6
const int64 = 7
const bool = 9

export type FoundInputs = Omit<DiscoveredModel['inputs'], 'pastKeyValues' | 'inputIdsType'> & {
  readonly tokens: ModelValue
}

/** What an input is used for, as far as following it forward tells. */
interface Use {
  readonly tables: ReadonlySet<string>
  readonly rotates: boolean
  readonly masks: boolean
  readonly counts: boolean
  readonly chooses: boolean
}

/**
 * Says what each input of the model is for. `tokenTable` is the table that token ids pick from; `caches` are names that are
 * known to be keys or values of a cache.
 *
 * @throws SnipError `unsupported-model` for an input that no language model has.
 */
export function sortInputs(
  readers: ReaderIndex,
  tokens: ModelValue,
  tables: readonly FoundTable[],
  caches: ReadonlySet<string>,
): FoundInputs {
  const { model } = readers
  let attentionMask: DiscoveredInput | null = null
  let positionIds: DiscoveredInput | null = null
  let tokenTypeIds: DiscoveredInput | null = null
  let useCacheBranch: string | null = null
  const unused: DiscoveredInput[] = []
  const isTaken = (what: DiscoveredInput | string | null, name: string, role: string) => {
    if (what !== null) throw refusal(model, `two inputs look like ${role}; the second is ${shownName(name)}`)
  }
  for (const value of model.graphs[0]!.inputs) {
    const { name, type, dims } = value
    if (name === tokens.name || caches.has(name)) continue
    const input = { name, type, dims }
    const use = useOf(readers, name)
    if (use.chooses && type === bool) {
      isTaken(useCacheBranch, name, 'the choice of a branch')
      useCacheBranch = name
      continue
    }
    const rank = dims?.length ?? 2
    const table = tables.find(({ weight }) => use.tables.has(weight))
    if (rank >= 1 && (type === int64 || type === int32) && !use.counts && (table || use.rotates)) {
      // Kinds of token are few; positions are many. A name decides what sizes do not.
      const isKind = table !== undefined && !use.rotates && (table.rows <= 4 || /type|segment/i.test(name))
      if (isKind) {
        isTaken(tokenTypeIds, name, 'kinds of token')
        tokenTypeIds = input
      } else {
        isTaken(positionIds, name, 'positions')
        positionIds = input
      }
      continue
    }
    if ((use.masks || use.counts) && rank >= 2) {
      isTaken(attentionMask, name, 'an attention mask')
      attentionMask = input
      continue
    }
    if (isUnused(readers, name) && (type === int64 || type === int32 || type === bool)) {
      // Merged and trimmed files keep inputs that nothing reads.
      if (/mask/i.test(name) && !attentionMask) attentionMask = input
      else if (/position/i.test(name) && !positionIds) positionIds = input
      else if (/type|segment/i.test(name) && !tokenTypeIds) tokenTypeIds = input
      else unused.push(input)
      continue
    }
    throw refusal(
      model,
      `its input ${shownName(name)} is neither token ids, a mask, positions nor a cache: it is no decoder of text alone`,
    )
  }
  return { inputIds: tokens.name, tokens, attentionMask, positionIds, tokenTypeIds, useCacheBranch, unused }
}

function isUnused(readers: ReaderIndex, name: string): boolean {
  return readers.of(0, name).length === 0
}

/** Follows an input forward until tables, rotations, masks or branches. */
function useOf(readers: ReaderIndex, name: string): Use {
  const tables = new Set<string>()
  let rotates = false
  let masks = false
  let counts = false
  let chooses = false
  const seen = new Set<string>()
  const queue: { graph: number; value: string; isCounted: boolean }[] = [{ graph: 0, value: name, isCounted: false }]
  const take = (reader: ValueReader, isCounted: boolean): void => {
    const { made, input, graph } = reader
    const scope = readers.scope(graph)
    if (isOp(made, 'If') && input === 0) chooses = true
    else if (isTableRows(scope, made) || isMicrosoft(made, 'EmbedLayerNormalization')) {
      const table = scope.tensor(made.inputs[tableInput(made, input)] ?? '')
      if (isCounted) counts = true
      else if (table) tables.add(table.reference.name)
    } else if (isOp(made, 'Cos', 'Sin') || (made.op === 'RotaryEmbedding' && input > 0)) {
      if (isCounted) counts = true
      else rotates = true
    } else if (isMicrosoft(made, 'GroupQueryAttention') && input >= 9) rotates = true
    else if (made.op === 'Softmax' || isMaskSlot(reader)) masks = true
    else if (
      linearWithBias(scope, made.outputs[0] ?? '') ||
      isOp(made, 'If', 'Loop', 'Scan', 'Shape', 'LayerNormalization')
    )
      return
    else {
      const isNow = isCounted || isOp(made, 'CumSum', 'ReduceSum')
      for (const value of made.outputs) if (value !== '') queue.push({ graph, value, isCounted: isNow })
    }
  }
  while (queue.length > 0 && seen.size < 5000) {
    const { graph, value, isCounted } = queue.shift()!
    const key = `${graph}:${value}:${isCounted}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const reader of readers.of(graph, value)) take(reader, isCounted)
  }
  return { tables, rotates, masks, counts, chooses }
}

/** Which input of a node is the table that another input picks rows of. */
function tableInput(made: ModelNode, indices: number): number {
  if (made.op !== 'EmbedLayerNormalization') return 0
  if (indices === 1) return 4
  return indices === 8 ? 3 : 2
}

/** Inputs of fused attentions that take masks or lengths. */
function isMaskSlot({ made, input }: ValueReader): boolean {
  if (isOp(made, 'Attention')) return input === 3 || input >= 6
  if (isMicrosoft(made, 'MultiHeadAttention')) return input === 4 || input === 5
  if (isMicrosoft(made, 'GroupQueryAttention')) return input === 5 || input === 6 || input === 10
  return isMicrosoft(made, 'Attention', 'QAttention') && input >= 3
}
