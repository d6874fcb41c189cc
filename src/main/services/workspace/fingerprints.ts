import { canonicalJson, sha256 } from '../jobs/canonical-json.ts'
import type { DocumentStore } from './document-store.ts'

type Reader = Pick<DocumentStore, 'all' | 'get'>

/** SHA-256 of the enabled forget concepts with their weights, in order; null when there is none. */
export function forgetConceptsHash(store: Reader): string | null {
  const used = [...store.all('forget-concept').values()].filter(({ enabled }) => enabled)
  return used.length === 0 ? null : sha256(canonicalJson(used.map(({ text, weight }) => [text, weight])))
}

/** SHA-256 of what the concepts of the recording in use come from: explanations, edits and verdicts; null without any. */
export function conceptsHash(store: Reader): string | null {
  const recording = store.get('evidence', 'evidence')?.recording ?? null
  const explanations = [...store.all('explanation')].filter(([, explanation]) => explanation.recording === recording)
  const edits = [...store.all('concept-edit')].map(([neuron, { text }]) => [neuron, text])
  if (explanations.length === 0 && edits.length === 0) return null
  const verdicts = [...store.all('review')].map(([neuron, { status }]) => [neuron, status])
  return sha256(
    canonicalJson([
      explanations.map(([id, { file }]) => [id, file]),
      edits.toSorted(byName),
      verdicts.toSorted(byName),
    ]),
  )
}

function byName(a: readonly (string | undefined)[], b: readonly (string | undefined)[]): number {
  return (a[0] ?? '') < (b[0] ?? '') ? -1 : 1
}

/** Why a ranking is out of date, as half a sentence; null when it is not. */
export function whyStale(store: Reader, id: string): string | null {
  const ranking = store.get('ranking', id)
  if (ranking === null) return null
  const model = store.get('model', 'model')
  if (model?.modelHash != null && ranking.modelHash !== null && model.modelHash !== ranking.modelHash) {
    return 'it was made for another model'
  }
  const { forgetConcepts, concepts, forget, retain } = ranking.inputs
  if (forgetConcepts !== null && forgetConcepts !== forgetConceptsHash(store)) {
    return 'forget concepts changed after the ranking'
  }
  if (concepts !== null && concepts !== conceptsHash(store)) return 'concepts changed after the ranking'
  for (const recording of [forget, retain]) {
    if (recording !== null && store.get('recording', recording) === null) return 'its recording was removed'
  }
  return null
}
