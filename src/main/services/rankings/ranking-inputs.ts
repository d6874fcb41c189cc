import { existsSync } from 'node:fs'
import { conceptSchema, type Concept, type ForgetConcept, type ProtectedConcept } from '../../../contract/files.ts'
import { readJsonLines } from '../files-of-lines.ts'
import { canonicalJson, sha256 } from '../jobs/canonical-json.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

/** Key of the recording whose evidence is shown; null when there is none. */
export function evidenceInUse({ store }: OpenWorkspace): string | null {
  const recording = store.get('evidence', 'evidence')?.recording ?? null
  return recording !== null && store.get('recording', recording) !== null ? recording : null
}

/** Explanations of the recording in use, in order of creation: later ones win. */
function explanationsInUse(workspace: OpenWorkspace): Documents['explanation'][] {
  const recording = evidenceInUse(workspace)
  return [...workspace.store.all('explanation').values()].filter((explanation) => explanation.recording === recording)
}

/**
 * Concepts as a ranking uses them: a person's edit stands above the explainer's sentence (and has no explanation score: the
 * score was the other sentence's), and rejected ones are left out. One per neuron.
 */
export function conceptsInUse(workspace: OpenWorkspace): Concept[] {
  const byNeuron = new Map<string, Concept>()
  for (const { file } of explanationsInUse(workspace)) {
    const path = workspace.file(...file.split('/'))
    if (!existsSync(path)) continue
    for (const concept of readJsonLines(path, conceptSchema, 'concepts')) {
      // A later failure must not take an earlier sentence away.
      if (concept.status !== 'failed') byNeuron.set(concept.neuron, concept)
    }
  }
  const { store } = workspace
  for (const [neuron, { text, author }] of store.all('concept-edit')) {
    byNeuron.set(neuron, { neuron, text, author, explainer: null, score: null, scoreKind: null, status: 'edited' })
  }
  for (const [neuron, { status }] of store.all('review')) if (status === 'rejected') byNeuron.delete(neuron)
  return [...byNeuron.values()].filter(({ status, text }) => status !== 'rejected' && text.trim() !== '')
}

/** True when at least one neuron has a concept to rank by, without reading files. */
export function hasConcepts(workspace: OpenWorkspace): boolean {
  return (
    workspace.store.all('concept-edit').size > 0 || explanationsInUse(workspace).some(({ concepts }) => concepts > 0)
  )
}

/** Forget concepts that count: the enabled ones. */
export function forgetConceptsInUse({ store }: OpenWorkspace): ForgetConcept[] {
  return [...store.all('forget-concept').values()]
    .filter(({ enabled }) => enabled)
    .map(({ text, weight, source }) => ({ text, weight, extractor: source }))
}

/** Concepts that must stay, of those that are enabled. */
export function protectedConceptsInUse({ store }: OpenWorkspace): ProtectedConcept[] {
  return [...store.all('protected-concept').values()]
    .filter(({ enabled }) => enabled)
    .map(({ text, weight, source }) => ({ text, weight, extractor: source }))
}

/** SHA-256 of the forget concepts that count: texts and weights, whatever their order. */
export function hashOfForgetConcepts(concepts: readonly Pick<ForgetConcept, 'text' | 'weight'>[]): string {
  const lines = concepts.map(({ text, weight }) => canonicalJson({ text, weight })).toSorted()
  return sha256(lines.join('\n'))
}

/**
 * SHA-256 of what decides which concepts are in use: the explanations, the edits and the rejections. Accepting a concept changes
 * nothing. Reads no file: what an explainer wrote never changes.
 */
export function hashOfConcepts(workspace: OpenWorkspace): string {
  const { store } = workspace
  const edits = [...store.all('concept-edit')].map(([neuron, { text }]) => `${neuron} ${text}`).toSorted()
  const rejected = [...store.all('review')].flatMap(([neuron, { status }]) => (status === 'rejected' ? [neuron] : []))
  const explanations = explanationsInUse(workspace).map(({ file, concepts, at }) => ({ file, concepts, at }))
  return sha256(canonicalJson({ explanations, edits, rejected: rejected.toSorted() }))
}
