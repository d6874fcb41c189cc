import { pearson } from '../../../stats/correlation.ts'
import type { WindowTagger } from '../../features/window-tagger.ts'
import { strengthLevels, type Strength } from '../../grammar/classes.ts'
import type { Description } from '../../grammar/description.ts'
import { withExamples } from './examples.ts'
import type { FitData } from './fit-data.ts'
import { fitLevels } from './levels.ts'
import { clauseOf, type Part } from './parts.ts'
import { conjunctionMask, findConjunction } from './search.ts'

export interface FitLimits {
  /** Most clauses of a description. */
  readonly maxClauses: number
  /** Rise of the correlation on the fitted windows that a further clause must bring. */
  readonly minRise: number
  /** Correlation on the fitted windows below which nothing is claimed. */
  readonly minCorrelation: number
}

/**
 * Fits a description by greedy search: the conjunction that best explains what is left of the activations is added,
 * all levels are fitted again, and it stays when the correlation of the sentence as it would be read rises enough.
 */
export function fitDescription(data: FitData, limits: FitLimits, tagger: WindowTagger): Description {
  const chosen: { parts: readonly Part[]; mask: Uint8Array; strength: Strength }[] = []
  let correlation = 0
  let { residual } = fitLevels(data.activations, [])
  while (chosen.length < limits.maxClauses) {
    const candidate = findConjunction(data, residual, tagger)
    if (!candidate) break
    const added = { parts: candidate.parts, mask: conjunctionMask(data, candidate.parts) }
    const next = [...chosen.map(({ parts, mask }) => ({ parts, mask })), added]
    const fitted = fitLevels(
      data.activations,
      next.map(({ mask }) => mask),
    )
    const kept = next.flatMap((each, i) => {
      const strength = fitted.strengths[i]
      return strength ? [{ ...each, strength }] : []
    })
    const reached = correlationOf(data.activations, kept)
    const required = chosen.length === 0 ? limits.minCorrelation : correlation + limits.minRise
    if (reached === null || reached < required) break
    chosen.splice(0, chosen.length, ...kept)
    correlation = reached
    residual = fitted.residual
  }
  const ordered = chosen.toSorted((a, b) => strengthLevels[b.strength] - strengthLevels[a.strength])
  const clauses = ordered.map(({ parts, strength }) => clauseOf(parts, strength, tagger.table))
  return { clauses: clauses.map((clause, i) => withExamples(clause, i, clauses, data, tagger)) }
}

function correlationOf(
  activations: Float64Array,
  clauses: readonly { readonly mask: Uint8Array; readonly strength: Strength }[],
): number | null {
  const simulated = new Float64Array(activations.length)
  for (const { mask, strength } of clauses) {
    const level = strengthLevels[strength]
    for (let i = 0; i < simulated.length; i++) if (mask[i] === 1 && level > (simulated[i] ?? 0)) simulated[i] = level
  }
  return pearson(activations, simulated)
}
