import type { AttentionCore } from './attention.ts'
import { isConstant, numberOf } from './constants.ts'
import { isMicrosoft, isOp, type GraphScope } from './graph-scope.ts'
import { linearWithBias } from './linear.ts'
import type { FoundTable } from './stream.ts'

export interface FoundPositions {
  readonly kind: 'learned' | 'rotary' | 'other'
  /** Most positions that tables and masks allow; null when they do not say. */
  readonly contextLength: number | null
  readonly isCausal: boolean
}

/** How positions enter the model, how many it can have, and whether a later one is hidden from an earlier one. */
export function findPositions(
  scope: GraphScope,
  cores: readonly AttentionCore[],
  positionTables: readonly FoundTable[],
): FoundPositions {
  const bounds: number[] = []
  for (const { rows, indices } of positionTables) bounds.push(rows - indexOffset(scope, indices))
  let rotary = false
  let causal = cores.length > 0
  for (const core of cores) {
    const scan = scanAttention(scope, core)
    rotary ||= scan.rotary
    causal &&= core.isCausal || scan.causal
    bounds.push(...scan.bounds)
  }
  const known = bounds.filter((bound) => bound > 0)
  return {
    kind: positionTables.length > 0 ? 'learned' : rotary ? 'rotary' : 'other',
    contextLength: known.length === 0 ? null : Math.min(...known),
    isCausal: causal,
  }
}

/** Rows of a table of positions that no text uses: opt begins at 2, roberta after its padding. */
function indexOffset(scope: GraphScope, indices: string): number {
  let offset = 0
  let value = indices
  for (let step = 0; step < 64; step++) {
    const from = scope.produced(value)
    if (!from) return Math.max(0, offset)
    const { made } = from
    // Counted positions begin at 1.
    if (isOp(made, 'CumSum')) return Math.max(0, offset + 1)
    if (isOp(made, 'Range')) return Math.max(0, offset + (numberOf(scope, made.inputs[0]!) ?? 0))
    const [a, b] = [made.inputs[0] ?? '', made.inputs[1] ?? '']
    if (isOp(made, 'Add', 'Sub')) {
      const number = numberOf(scope, b) ?? (made.op === 'Add' ? numberOf(scope, a) : null)
      if (number !== null) offset += made.op === 'Add' ? number : -number
      value = number !== null && numberOf(scope, b) === null ? b : a
    } else if (isOp(made, 'Mul')) value = leadsToCount(scope, a) ? a : b
    else value = a
  }
  return Math.max(0, offset)
}

function leadsToCount(scope: GraphScope, start: string): boolean {
  let value = start
  for (let step = 0; step < 16; step++) {
    const from = scope.produced(value)
    if (!from) return false
    if (isOp(from.made, 'CumSum')) return true
    value = from.made.inputs[0] ?? ''
  }
  return false
}

/** Looks through what feeds the scores of an attention, up to its projections. */
function scanAttention(scope: GraphScope, core: AttentionCore) {
  const bounds: number[] = []
  let rotary = isMicrosoft(core.made, 'GroupQueryAttention') && core.made.inputs.length > 8
  let causal = false
  const queue = core.kind === 'plain' ? [core.scores] : [...core.made.inputs.slice(3), core.query, core.key]
  const seen = new Set<string>()
  if (rotary) {
    const table = scope.tensor(core.made.inputs[7] ?? '')?.tensor.dims
    if (table?.length === 2) bounds.push(table[0]!)
  }
  while (queue.length > 0 && seen.size < 600) {
    const value = queue.pop()!
    if (value === '' || seen.has(value)) continue
    seen.add(value)
    const tensor = scope.tensor(value)
    if (tensor) {
      // A mask over all pairs of positions, stored.
      const { dims, type } = tensor.tensor
      const [rows, columns] = dims.slice(-2)
      const isSquare = rows !== undefined && rows === columns && rows > 1
      if (isSquare && dims.slice(0, -2).every((size) => size === 1)) {
        bounds.push(rows)
        // A stored mask of booleans can only say who sees whom; its numbers are not read here.
        causal ||= type === 9 || type === 2
      }
      continue
    }
    const from = scope.produced(value)
    if (!from || isConstant(scope, value)) continue
    const { made } = from
    // A size is no number of positions.
    if (linearWithBias(scope, value) || isOp(made, 'Shape')) continue
    if (isOp(made, 'Trilu')) causal = true
    if (isOp(made, 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual')) {
      causal ||= made.inputs.every((input) => isRange(scope, input))
    }
    if (isOp(made, 'Cos', 'Sin')) {
      rotary = true
      continue
    }
    if (made.op === 'RotaryEmbedding') {
      rotary = true
      const table = scope.tensor(made.inputs[made.domain === '' ? 1 : 2] ?? '')?.tensor.dims
      if (table?.length === 2) bounds.push(table[0]!)
    }
    if (isOp(made, 'Gather', 'Slice')) {
      // Tables of cosines and sines [positions, head width], alone or behind axes of one.
      const table = scope.tensor(made.inputs[0] ?? '')?.tensor.dims
      const sizes = table?.filter((size) => size !== 1) ?? []
      if (sizes.length === 2 && sizes[0]! !== sizes[1]!) {
        rotary = true
        bounds.push(sizes[0]!)
      }
    }
    for (const input of made.inputs) queue.push(input)
  }
  return { bounds, rotary, causal }
}

/** True for counted positions, moved about, offset by the length of a cache or compared with one. */
function isRange(scope: GraphScope, start: string): boolean {
  let value = start
  for (let step = 0; step < 32; step++) {
    const from = scope.produced(value)
    if (!from) return false
    const { made } = from
    if (isOp(made, 'Range')) return true
    if (
      !isOp(made, 'Unsqueeze', 'Reshape', 'Cast', 'Add', 'Sub', 'Slice', 'Expand', 'Identity', 'Transpose', 'Squeeze')
    ) {
      return false
    }
    value = made.inputs[0] ?? ''
  }
  return false
}
