import type { FeatureTable } from '../features/feature-table.ts'
import { markFeature } from '../features/mark-feature.ts'
import { normaliseWord } from '../features/unit-classes.ts'
import { isEndingFeature, type WindowFeatures, type WindowTagger } from '../features/window-tagger.ts'
import { ordinaryMemberShare, strengthLevels } from '../grammar/classes.ts'
import type { Clause, Context, Description, Subject } from '../grammar/description.ts'

/**
 * Activations of a window as the description says them: per token the largest level of the clauses that hold, 0 where
 * none does. Levels are relative to the strongest clause; Pearson correlation does not depend on their unit.
 */
export function simulate(description: Description, tokens: readonly string[], tagger: WindowTagger): Float32Array {
  const features = tagger.features(tokens)
  const simulated = new Float32Array(features.length)
  for (const clause of description.clauses) {
    const levels = clauseLevels(clause, features, tagger.table)
    for (let i = 0; i < simulated.length; i++) simulated[i] = Math.max(simulated[i] ?? 0, levels[i] ?? 0)
  }
  return simulated
}

/** The level of one clause at each token, 0 where it does not hold. */
export function clauseLevels(clause: Clause, features: WindowFeatures, table: FeatureTable): Float32Array {
  const holds = new Uint8Array(features.length)
  markSubject(holds, clause.subject, features, table)
  for (const context of clause.contexts) {
    const stands = new Uint8Array(features.length)
    for (const id of contextIds(context, table)) markFeature(stands, id, features)
    for (let i = 0; i < holds.length; i++) holds[i] = (holds[i] ?? 0) & (stands[i] ?? 0)
  }
  const level = strengthLevels[clause.strength]
  const levels = new Float32Array(features.length)
  const especially = new Uint8Array(features.length)
  const hasFavourites = clause.examples?.kind === 'especially'
  if (hasFavourites)
    for (const id of wordIds(clause.examples?.items ?? [], table)) markFeature(especially, id, features)
  for (let i = 0; i < holds.length; i++) {
    if (holds[i] !== 1) continue
    levels[i] = hasFavourites && especially[i] !== 1 ? level * ordinaryMemberShare : level
  }
  return levels
}

function markSubject(holds: Uint8Array, subject: Subject, features: WindowFeatures, table: FeatureTable): void {
  if (subject.kind === 'anything') {
    holds.fill(1)
    return
  }
  for (const id of subjectIds(subject, table)) markFeature(holds, id, features)
}

function subjectIds(subject: Exclude<Subject, { kind: 'anything' }>, table: FeatureTable): number[] {
  switch (subject.kind) {
    case 'class':
      return known([table.find('class', subject.id)])
    case 'words':
      return wordIds(subject.items, table)
    case 'tokens':
      return known(subject.items.map((item) => table.find('token', item)))
    case 'ending': {
      const suffix = normaliseWord(subject.suffix)
      return isEndingFeature(suffix) ? known([table.find('ending', suffix)]) : table.wordsEndingIn(suffix)
    }
  }
}

function wordIds(items: readonly string[], table: FeatureTable): number[] {
  return known(items.map((item) => table.find('word', normaliseWord(item))))
}

function contextIds(context: Context, table: FeatureTable): number[] {
  if (context.kind === 'place') return known([table.find('place', context.id)])
  const { kind } = context
  if ('items' in context) return known(context.items.map((item) => table.find(`${kind}-word`, normaliseWord(item))))
  return known([table.find(`${kind}-class`, context.id)])
}

function known(ids: readonly (number | undefined)[]): number[] {
  return ids.filter((id) => id !== undefined)
}
