import { existsSync } from 'node:fs'
import { conceptSchema, type Concept, type ForgetConcept, type ProtectedConcept } from '../../../contract/files.ts'
import { momentText } from '../../../contract/workbench/call.ts'
import { isBetter } from '../../../core/exchange/better-sentence.ts'
import { atOnce, type Steps } from '../../../core/steps.ts'
import { inSteps } from '../breathe.ts'
import { jsonLinesInSteps } from '../files-of-lines.ts'
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

/** Neurons that are looked at in one step. */
const neuronsTogether = 5000

type Edits = ReadonlyMap<string, Documents['concept-edit']>

/** Key of the recording whose evidence is shown; null when there is none. */
export function evidenceInUse({ store }: OpenWorkspace): string | null {
  const recording = store.get('evidence', 'evidence')?.recording ?? null
  return recording !== null && store.get('recording', recording) !== null ? recording : null
}

/** Explanations of the recording in use by key, in order of creation: later ones win. */
export function explanationsInUse(workspace: OpenWorkspace): (readonly [string, Documents['explanation']])[] {
  const recording = evidenceInUse(workspace)
  return [...workspace.store.all('explanation')].filter(([, explanation]) => explanation.recording === recording)
}

/**
 * Concepts as a ranking uses them: a person's edit stands above the explainer's sentence (and has no explanation score: the
 * score was the other sentence's), an accepted sentence above newer ones, and rejected ones are left out. One per neuron.
 */
export function conceptsInUse(workspace: OpenWorkspace): Concept[] {
  return atOnce(conceptsInSteps(workspace))
}

/** The same while others have their turn: those of this moment, whatever is said meanwhile. */
export function gatherConceptsInUse(workspace: OpenWorkspace): Promise<Concept[]> {
  return inSteps(conceptsInSteps(workspace))
}

function* conceptsInSteps(workspace: OpenWorkspace): Steps<Concept[]> {
  const concepts: Concept[] = []
  for (const { concept, status } of yield* standingConcepts(workspace))
    if (status !== 'rejected') concepts.push(concept)
  return concepts
}

/** Every neuron's concept with what persons said of it: those that are left out of rankings, too. */
export function reviewedConcepts(workspace: OpenWorkspace): Concept[] {
  return atOnce(standingConcepts(workspace)).map(({ concept, status, verdict }): Concept => {
    const said = verdict ?? workspace.store.get('concept-edit', concept.neuron)
    if (said === null || status === 'suggested') return { ...concept, status }
    const { author = 'person' } = said
    const reviewedAt = momentText(said.at)
    return {
      ...concept,
      status,
      reviewer: author,
      ...(reviewedAt === null ? {} : { reviewedAt }),
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
  /** The newest sentence of each neuron, the best-scored of several that came together, in the order in which neurons were named first. */
  readonly newest: ReadonlyMap<string, Suggestion & { readonly concept: Concept }>
  /** All verdicts with the sentences that they are on; older ones do not say it. */
  readonly reviews: ReadonlyMap<string, Review>
}

/** What explainers wrote, and on which of it verdicts are. Throws `bad-file` for a damaged file of concepts. */
export function explainedNeurons(workspace: OpenWorkspace): Explained {
  return atOnce(explainedInSteps(workspace, new Map(workspace.store.all('concept-edit'))))
}

function* explainedInSteps(workspace: OpenWorkspace, edits: Edits): Steps<Explained> {
  const { store } = workspace
  const reviews = new Map(store.all('review'))
  const newest = new Map<string, Suggestion & { readonly concept: Concept }>()
  const sentences = new Map<string, SentenceThen[]>()
  for (const [neuron, { sentence }] of reviews) if (sentence === undefined) sentences.set(neuron, [])
  for (const [explanation, { file, at }] of explanationsInUse(workspace)) {
    const path = workspace.file(...file.split('/'))
    if (!existsSync(path)) continue
    for (const [line, concept] of (yield* jsonLinesInSteps(path, conceptSchema, 'concepts')).entries()) {
      if (line % neuronsTogether === 0) yield
      // A later failure must not take an earlier sentence away.
      if (concept.status === 'failed') continue
      const { neuron, text, author, explainer, score, scoreKind } = concept
      const known = newest.get(neuron)
      if (known?.explanation !== explanation || isBetter(score, known.concept.score)) {
        newest.set(neuron, { text, failed: false, explanation, at, concept })
      }
      if (text !== '') sentences.get(neuron)?.push({ text, author, explainer, score, scoreKind, explanation, at })
    }
  }
  for (const [neuron, own] of sentences) {
    reviews.set(neuron, withSentence(reviews.get(neuron)!, edits.get(neuron), own))
  }
  return { newest, reviews }
}

/** Every sentence that stands for a neuron, in the order in which neurons were named first. */
function* standingConcepts(workspace: OpenWorkspace): Steps<StandingLine[]> {
  const edits = new Map(workspace.store.all('concept-edit'))
  const order = new ExplanationOrder(workspace.store)
  const { newest, reviews } = yield* explainedInSteps(workspace, edits)
  const lines: StandingLine[] = []
  let seen = 0
  for (const neuron of eachOnce(newest, edits, reviews)) {
    if (seen++ % neuronsTogether === 0) yield
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

/** The keys of some maps, each once, in the order in which it comes first. */
function* eachOnce(...maps: readonly ReadonlyMap<string, unknown>[]): Generator<string> {
  for (const [at, map] of maps.entries()) {
    const before = maps.slice(0, at)
    for (const key of map.keys()) if (!before.some((other) => other.has(key))) yield key
  }
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
    someReview(workspace, ({ status, sentence }) => status === 'accepted' && sentence !== undefined)
  )
}

function someReview({ store }: OpenWorkspace, holds: (review: Review) => boolean): boolean {
  for (const review of store.all('review').values()) if (holds(review)) return true
  return false
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
