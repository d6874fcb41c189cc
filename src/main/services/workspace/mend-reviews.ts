import { explanationPlaces } from '../neurons/explanation-places.ts'
import { explainedNeurons } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Change } from './document-store.ts'

/**
 * Verdicts of before do not say on which sentence they were, and explanations not between which edits they came: both are settled
 * once, so that what comes later does not change it.
 */
export async function mendReviews(workspace: OpenWorkspace): Promise<void> {
  const { store } = workspace
  const changes: Change[] = []
  const places = explanationPlaces(store)
  for (const [key, explanation] of store.all('explanation')) {
    const edits = places.get(key)
    if (explanation.edits === undefined && edits !== undefined) {
      changes.push({ kind: 'explanation', key, after: { ...explanation, edits } })
    }
  }
  if ([...store.all('review').values()].some(({ sentence }) => sentence === undefined)) {
    try {
      for (const [key, review] of explainedNeurons(workspace).reviews) {
        if (review !== store.get('review', key)) changes.push({ kind: 'review', key, after: review })
      }
    } catch {
      // A damaged file of concepts says so where it is used.
    }
  }
  if (changes.length > 0) await store.put(changes)
}
