import { strengthLevels, strengths, type Strength } from '../../grammar/classes.ts'

/** Activation levels of clauses: per clause a strength, or null where it adds nothing, and the residual that is left. */
export interface FittedLevels {
  readonly strengths: readonly (Strength | null)[]
  readonly residual: Float64Array
}

/**
 * Fits one level per clause: a token belongs to the strongest clause that holds there, a clause's level is the mean
 * activation of its tokens above that of the tokens without clause, and the strength is the nearest of the grammar's.
 * The order of strength is found by repeating this twice. The residual is taken from the unrounded means.
 */
export function fitLevels(activations: Float64Array, masks: readonly Uint8Array[]): FittedLevels {
  let order = masks.map((_, i) => i)
  let means: number[] = []
  let owner: Int32Array = new Int32Array(activations.length)
  for (let round = 0; round < 3; round++) {
    owner = ownersOf(masks, order, activations.length)
    means = meansByOwner(activations, owner, masks.length)
    order = order.toSorted((a, b) => (means[b] as number) - (means[a] as number))
  }
  const background = means[masks.length] as number
  const highest = Math.max(...means.slice(0, masks.length))
  const range = highest - background
  const residual = new Float64Array(activations.length)
  for (let i = 0; i < residual.length; i++) {
    const cell = owner[i] as number
    residual[i] = (activations[i] as number) - (means[cell < 0 ? masks.length : cell] as number)
  }
  return {
    strengths: masks.map((_, i) => (range > 0 ? nearestStrength(((means[i] as number) - background) / range) : null)),
    residual,
  }
}

/** Index of the first clause in `order` that holds at each token, -1 where none does. */
function ownersOf(masks: readonly Uint8Array[], order: readonly number[], length: number): Int32Array {
  const owner = new Int32Array(length).fill(-1)
  for (let k = order.length - 1; k >= 0; k--) {
    const clause = order[k] as number
    const mask = masks[clause] as Uint8Array
    for (let i = 0; i < length; i++) if (mask[i] === 1) owner[i] = clause
  }
  return owner
}

/** Mean activation per clause and, last, of the tokens without clause; an empty clause has the mean of those. */
function meansByOwner(activations: Float64Array, owner: Int32Array, clauses: number): number[] {
  const sum = new Float64Array(clauses + 1)
  const count = new Float64Array(clauses + 1)
  for (let i = 0; i < owner.length; i++) {
    const cell = (owner[i] as number) < 0 ? clauses : (owner[i] as number)
    sum[cell] = (sum[cell] as number) + (activations[i] as number)
    count[cell] = (count[cell] as number) + 1
  }
  const background = (count[clauses] as number) > 0 ? (sum[clauses] as number) / (count[clauses] as number) : 0
  return Array.from(sum, (total, i) => ((count[i] as number) > 0 ? total / (count[i] as number) : background))
}

function nearestStrength(level: number): Strength | null {
  if (level < strengthLevels.faintly / 2) return null
  let best: Strength = 'fully'
  for (const each of strengths) {
    if (Math.abs(strengthLevels[each] - level) < Math.abs(strengthLevels[best] - level)) best = each
  }
  return best
}
