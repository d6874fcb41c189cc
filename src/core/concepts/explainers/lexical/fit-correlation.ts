import { pearson } from '../../../stats/correlation.ts'
import type { WindowTagger } from '../../features/window-tagger.ts'
import type { Clause } from '../../grammar/description.ts'
import { clauseLevels } from '../../scorers/simulate.ts'
import type { FitData } from './fit-data.ts'

/** Correlation of clauses, read as a sentence, with the activations of the fit data; null when constant. */
export function fitCorrelation(data: FitData, clauses: readonly Clause[], tagger: WindowTagger): number | null {
  const simulated = new Float64Array(data.activations.length)
  let base = 0
  for (const window of data.windows) {
    for (const clause of clauses) {
      const levels = clauseLevels(clause, window, tagger.table)
      for (let i = 0; i < levels.length; i++) {
        simulated[base + i] = Math.max(simulated[base + i] as number, levels[i] as number)
      }
    }
    base += window.length
  }
  return pearson(data.activations, simulated)
}
