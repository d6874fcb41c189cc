import { existsSync } from 'node:fs'
import { conceptSchema, type Concept, type ForgetConcept, type ProtectedConcept } from '../../../contract/files.ts'
import { readJsonLines } from '../files-of-lines.ts'
import { canonicalJson, sha256 } from '../jobs/canonical-json.ts'
import {
  ExplanationOrder,
  standingOf,
  verdictOn,
  withSentence,
  type JudgedSentence,
  type Review,
  type SentenceThen,
  type Suggestion,
  type Verdict,
} from '../neurons/verdicts.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

/** Key of the recording whose evidence is shown; null when there is none. */
export function evidenceInUse({ store }: OpenWorkspace): string | null {
  const recording = store.get('evidence', 'evidence')?.recording ?? null
  return recording !== null && store.get('recording', recording) !== null ? recording : null
}

/** Explanations of the recording in use by key, in order of creation: later ones win. */
function explanationsInUse(workspace: OpenWorkspace): (readonly [string, Documents['explanation']])[] {
  const recording = evidenceInUse(workspace)
  return [...workspace.store.all('explanation')].filter(([, explanation]) => explanation.recording === recording)
}

/**
 * Concepts as a ranking uses them: a person's edit stands above the explainer's sentence (and has no explanation score: the
 * score was the other sentence's), an accepted sentence above newer ones, and rejected ones are left out. One per neuron.
 */
export function conceptsInUse(workspace: OpenWorkspace): Concept[] {
  return standingConcepts(workspace).flatMap(({ concept, status }) => (status === 'rejected' ? [] : [concept]))
}

/** Every neuron's concept with what persons said of it: those that are left out of rankings, too. */
export function reviewedConcepts(workspace: OpenWorkspace): Concept[] {
  return standingConcepts(workspace).map(({ concept, status, verdict }): Concept => {
    const said = verdict ?? workspace.store.get('concept-edit', concept.neuron)
    if (said === null || status === 'suggested') return { ...concept, status }
    const { author = 'person', at } = said
    return {
      ...concept,
      status,
      reviewer: author,
      ...(at === undefined ? {} : { reviewedAt: new Date(at).toISOString() }),
    }
  })
}

interface StandingLine {
  /** As its explainer wrote it, or as a person did. */
  readonly concept: Concept
  readonly status: Concept['status']
  readonly verdict: Verdict | null
}

interface Explained {
  /** The newest sentence of each neuron, in the order in which neurons were named first. */
  readonly newest: ReadonlyMap<string, Suggestion & { readonly concept: Concept }>
  /** All verdicts with the sentences that they are on; older ones do not say it. */
  readonly reviews: ReadonlyMap<string, Review>
}

/** What explainers wrote, and on which of it verdicts are. Throws `bad-file` for a damaged file of concepts. */
export function explainedNeurons(workspace: OpenWorkspace): Explained {
  const { store } = workspace
  const reviews = new Map(store.all('review'))
  const newest = new Map<string, Suggestion & { readonly concept: Concept }>()
  const sentences = new Map<string, SentenceThen[]>()
  for (const [neuron, { sentence }] of reviews) if (sentence === undefined) sentences.set(neuron, [])
  for (const [explanation, { file, at }] of explanationsInUse(workspace)) {
    const path = workspace.file(...file.split('/'))
    if (!existsSync(path)) continue
    for (const concept of readJsonLines(path, conceptSchema, 'concepts')) {
      // A later failure must not take an earlier sentence away.
      if (concept.status === 'failed') continue
      const { neuron, text, author, explainer, score, scoreKind } = concept
      newest.set(neuron, { text, failed: false, explanation, at, concept })
      if (text !== '') sentences.get(neuron)?.push({ text, author, explainer, score, scoreKind, explanation, at })
    }
  }
  for (const [neuron, own] of sentences) {
    reviews.set(neuron, withSentence(reviews.get(neuron)!, store.get('concept-edit', neuron), own))
  }
  return { newest, reviews }
}

/** Every sentence that stands for a neuron, in the order in which neurons were named first. */
function standingConcepts(workspace: OpenWorkspace): StandingLine[] {
  const { store } = workspace
  const edits = store.all('concept-edit')
  const order = new ExplanationOrder(store)
  const { newest, reviews } = explainedNeurons(workspace)
  const lines: StandingLine[] = []
  for (const neuron of new Set([...newest.keys(), ...edits.keys(), ...reviews.keys()])) {
    const suggestion = newest.get(neuron) ?? null
    const edit = edits.get(neuron)
    const review = reviews.get(neuron)
    const { from, status } = standingOf(edit, review, suggestion, order)
    const kept = from === 'verdict' ? review?.sentence : undefined
    const concept =
      from === 'edit' ? ofPerson(neuron, edit!) : kept === undefined ? suggestion?.concept : ofVerdict(neuron, kept)
    if (status === 'none' || status === 'failed' || concept === undefined || concept.text.trim() === '') continue
    // Of a file that somebody else reviewed before.
    if (concept.status === 'rejected') continue
    lines.push({ concept, status, verdict: verdictOn(review, concept.text) })
  }
  return lines
}

function ofPerson(neuron: string, { text, author }: Documents['concept-edit']): Concept {
  return { neuron, text, author, explainer: null, score: null, scoreKind: null, status: 'edited' }
}

function ofVerdict(neuron: string, { author, explainer, ...sentence }: JudgedSentence): Concept {
  const nobody = 'unknown'
  return { neuron, ...sentence, author: author ?? nobody, explainer: explainer ?? nobody, status: 'accepted' }
}

/** True when at least one neuron has a concept to rank by, without reading files. */
export function hasConcepts(workspace: OpenWorkspace): boolean {
  const { store } = workspace
  return (
    store.all('concept-edit').size > 0 ||
    explanationsInUse(workspace).some(([, { concepts }]) => concepts > 0) ||
    [...store.all('review').values()].some(({ status, sentence }) => status === 'accepted' && sentence !== undefined)
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
 * SHA-256 of what decides which concepts are in use: the explanations, the edits, the rejections, and the sentences that were accepted
 * before a newer explanation came. Accepting a concept as it stands changes nothing. Reads no file: what an explainer wrote never changes.
 */
export function hashOfConcepts(workspace: OpenWorkspace): string {
  const { store } = workspace
  const edits = [...store.all('concept-edit')].map(([neuron, { text }]) => `${neuron} ${text}`).toSorted()
  const inUse = explanationsInUse(workspace)
  const last = inUse.at(-1)
  const order = new ExplanationOrder(store)
  const rejected: string[] = []
  const kept: string[] = []
  for (const [neuron, review] of store.all('review')) {
    // A rejection takes one sentence of the neuron away, and which it is follows from the explanations.
    const rejections = (review.earlier?.length ?? 0) + (review.status === 'rejected' ? 1 : 0)
    for (let at = 0; at < rejections; at++) rejected.push(neuron)
    if (review.status !== 'accepted' || review.sentence === undefined || last === undefined) continue
    const newest = { explanation: last[0], at: last[1].at }
    if (order.isAfter(newest, review)) kept.push(`${neuron} ${review.sentence.text}`)
  }
  const explanations = inUse.map(([, { file, concepts, at }]) => ({ file, concepts, at }))
  const others = kept.length === 0 ? {} : { kept: kept.toSorted() }
  return sha256(canonicalJson({ explanations, edits, rejected: rejected.toSorted(), ...others }))
}
