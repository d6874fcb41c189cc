import type { AttentionCore } from './attention.ts'
import { isLayout, isNeutral, partlyKnown } from './constants.ts'
import { intsAttribute, isOp, type GraphScope } from './graph-scope.ts'
import { linearWithBias } from './linear.ts'

export interface Heads {
  readonly headCount: number | null
  readonly keyValueHeadCount: number | null
  readonly headWidth: number | null
  readonly evidence: string
}

/** Number and width of heads of an attention whose result is `width` wide. */
export function headsOf(scope: GraphScope, core: AttentionCore, width: number): Heads {
  const known = (headCount: number, keyValueHeadCount: number | null, evidence: string): Heads | null => {
    if (headCount < 1 || width % headCount !== 0) return null
    const groups = keyValueHeadCount !== null && headCount % keyValueHeadCount === 0 ? keyValueHeadCount : null
    return { headCount, keyValueHeadCount: groups, headWidth: width / headCount, evidence }
  }
  if (core.headCount !== null) {
    const found = known(core.headCount, core.keyValueHeadCount, `The heads are an attribute of ${core.made.op}.`)
    if (found) return found
  }
  const queryDims = core.query === '' ? null : splitDims(scope, core.query)
  const valueDims = splitDims(scope, core.value)
  const keyValueHeads = (headWidth: number): number | null => {
    if (valueDims && valueDims.heads !== null) return valueDims.heads
    return valueDims?.outputs ? valueDims.outputs / headWidth : null
  }
  if (queryDims) {
    const { heads, headWidth } = queryDims
    const count = heads ?? (headWidth === null ? null : width / headWidth)
    if (count !== null && Number.isInteger(count)) {
      const found = known(count, keyValueHeads(width / count), 'The heads are the shape that the queries are cut to.')
      if (found) return found
    }
  }
  const declared = scope.declaredDims(core.made.outputs[0]!)
  if (declared?.length === 4 && typeof declared[1] === 'number' && declared[1] * Number(declared[3]) === width) {
    const found = known(declared[1], null, 'The heads are the declared shape of the mixed values.')
    if (found) return found
  }
  if (valueDims) {
    const { heads, headWidth } = valueDims
    const count = headWidth === null ? heads : width / headWidth
    if (count !== null && Number.isInteger(count) && (heads === null || count % heads === 0)) {
      const found = known(count, heads, 'The heads are the shape that the values are cut to.')
      if (found) return found
    }
  }
  const evidence = 'The file does not say how many heads there are.'
  return { headCount: null, keyValueHeadCount: null, headWidth: null, evidence }
}

interface SplitDims {
  readonly heads: number | null
  readonly headWidth: number | null
  /** Outputs of the projection behind, when it makes this alone. */
  readonly outputs: number | null
}

/** The last two entries of the Reshape that cuts a projection's result into heads: [batch, sequence, heads, head width]. */
function splitDims(scope: GraphScope, start: string): SplitDims | null {
  const queue: { value: string; isMoved: boolean }[] = [{ value: start, isMoved: false }]
  const seen = new Set<string>()
  let found: { heads: number | null; headWidth: number | null } | null = null
  while (queue.length > 0 && seen.size < 300) {
    const { value, isMoved } = queue.shift()!
    if (seen.has(value)) continue
    seen.add(value)
    const linear = linearWithBias(scope, value)
    if (linear) return found ? { ...found, outputs: linear.outputs } : null
    const from = scope.produced(value)
    if (!from || from.made.domain === 'com.microsoft') {
      // Rotation in one node moves nothing.
      if (from?.made.op === 'RotaryEmbedding') queue.push({ value: from.made.inputs[0]!, isMoved })
      continue
    }
    const { made } = from
    const first = made.inputs[0] ?? ''
    if (isOp(made, 'Reshape') && isMoved) {
      const entries = partlyKnown(scope, made.inputs[1] ?? '')
      if (entries?.length === 4 && !found) {
        const size = (entry: number | null | undefined) => (typeof entry === 'number' && entry > 0 ? entry : null)
        const dims = { heads: size(entries[2]), headWidth: size(entries[3]) }
        if (dims.heads !== null || dims.headWidth !== null) found = dims
      }
      queue.push({ value: first, isMoved: false })
    } else if (isOp(made, 'Transpose')) {
      const perm = intsAttribute(made, 'perm')
      const cuts = perm !== null && perm.length === 4 && perm[0] === 0 && perm[1] === 2
      queue.push({ value: first, isMoved: isMoved || cuts })
    } else if (isNeutral(made.op) || isLayout(made.op) || isOp(made, 'Expand', 'Slice', 'Split', 'Neg', 'Gather')) {
      queue.push({ value: first, isMoved })
    } else if (isOp(made, 'Concat', 'Mul', 'Add', 'Div', 'Sub', 'RotaryEmbedding', 'Where', 'Einsum')) {
      for (const input of made.inputs) queue.push({ value: input, isMoved })
    } else if (isOp(made, 'RMSNormalization', 'LayerNormalization', 'SimplifiedLayerNormalization')) {
      queue.push({ value: first, isMoved })
    }
  }
  return found ? { ...found, outputs: null } : null
}
