import type { WindowTagger } from '../../features/window-tagger.ts'
import { classesWithoutExamples } from '../../grammar/classes.ts'
import type { Clause } from '../../grammar/description.ts'
import { clauseLevels } from '../../scorers/simulate.ts'
import { fitCorrelation } from './fit-correlation.ts'
import type { FitData } from './fit-data.ts'
import { displayWord } from './parts.ts'

const exampleCount = 3
/** Rise of the correlation for which the examples become `especially`. */
const worthEmphasis = 0.02

/** The clause with the words of its class that fire most, as `especially` when weighing them higher fits better. */
export function withExamples(
  clause: Clause,
  index: number,
  clauses: readonly Clause[],
  data: FitData,
  tagger: WindowTagger,
): Clause {
  const id = clause.subject.kind === 'class' ? clause.subject.id : null
  if (clause.subject.kind !== 'ending' && (id === null || classesWithoutExamples.has(id))) return clause
  const words = strongestWords(clause, data, tagger)
  if (words.length === 0) return clause
  const items = words.slice(0, exampleCount).map((word) => displayWord(word, id))
  const plain: Clause = { ...clause, examples: { kind: 'such-as', items } }
  const emphatic: Clause = { ...clause, examples: { kind: 'especially', items } }
  const replaced = (by: Clause) => fitCorrelation(data, clauses.toSpliced(index, 1, by), tagger) ?? 0
  return words.length > 1 && replaced(emphatic) > replaced(plain) + worthEmphasis ? emphatic : plain
}

/** Words at the tokens where the clause holds, by the sum of activations over (count + 1), those above the mean only. */
function strongestWords(clause: Clause, data: FitData, tagger: WindowTagger): string[] {
  const mask = new Uint8Array(data.activations.length)
  let base = 0
  for (const window of data.windows) {
    const levels = clauseLevels(clause, window, tagger.table)
    for (let i = 0; i < levels.length; i++) mask[base + i] = (levels[i] as number) > 0 ? 1 : 0
    base += window.length
  }
  const mean = data.activations.reduce((sum, value) => sum + value, 0) / Math.max(data.activations.length, 1)
  const centred = data.activations.map((value) => value - mean)
  const { sums, table } = tagger
  sums.collect(data.windows, centred, mask, data.half, table.size)
  const strength = (feature: number) => (sums.sum[feature] as number) / ((sums.count[feature] as number) + 1)
  return sums.touched
    .filter((feature) => table.get(feature).role === 'word' && strength(feature) > 0)
    .sort((a, b) => strength(b) - strength(a) || table.compare(a, b))
    .slice(0, exampleCount)
    .map((feature) => table.get(feature).value)
}
