import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import { breathe } from '../breathe.ts'
import { RecentValues } from '../recent-values.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { DocumentStore } from '../workspace/document-store.ts'
import type { Documents } from '../workspace/documents.ts'
import type { ConceptFile } from './concept-file.ts'
import type { Evidence } from './evidence.ts'
import { LayeredMap } from './layered-map.ts'
import { SaidOfNeurons, withSentences, type StandingConcept } from './said-of-neurons.ts'
import { placeIn, readSuggested, type DatedConcepts, type Suggested } from './suggested-sentences.ts'
import { ExplanationOrder, type Review } from './verdicts.ts'

/** Sentences written as JSON without letting others in. */
const textsTogether = 10_000

/** What explainers and people say of the neurons of the evidence, as columns by row. */
export interface ConceptColumns {
  readonly texts: readonly string[]
  readonly scores: Float32Array<ArrayBuffer>
  readonly status: Uint8Array<ArrayBuffer>
  /** JSON array of the texts, written when it is first asked for. */
  json(): Promise<Blob>
  /** Where the newest explainer's concept of a row stands; null when there is none. */
  suggestionAt(row: number): { readonly file: ConceptFile; readonly place: number } | null
  /** The concept of a row as it stands, and whose it is. */
  conceptAt(row: number): StandingConcept
  /** What people said of the sentences of a neuron; null when nobody did. */
  reviewOf(neuron: string): Review | null
  /** All explanations of the evidence, oldest first, and when each was made. */
  readonly explanations: readonly DatedConcepts[]
}

/** Columns, and what they were made from. */
interface Held {
  readonly suggested: Suggested
  readonly store: DocumentStore
  readonly marks: Marks
  readonly edits: LayeredMap<string, Documents['concept-edit']>
  /** With the sentences that they are on. */
  readonly reviews: LayeredMap<string, Review>
  /** Sentences by row that stand above those of the explainers. */
  readonly above: LayeredMap<number, string>
  readonly sentences: Sentences
  readonly columns: ConceptColumns
}

/** Places among the changes of the documents that say something of sentences. */
type Marks = Readonly<Record<(typeof saying)[number], number>>
const saying = ['concept-edit', 'review'] as const

interface Sentences {
  readonly texts: readonly string[]
  readonly json: () => Promise<Blob>
}

/** Keeps concept columns up to date with the documents of a workspace, reading each file of concepts once: a change costs its neurons. */
export class ConceptReader {
  readonly #files = new RecentValues<ConceptFile>(16)
  #suggested: Suggested | null = null
  #held: Held | null = null

  async read(workspace: OpenWorkspace, evidence: Evidence): Promise<ConceptColumns> {
    const suggested = (this.#suggested = await readSuggested(workspace, evidence, this.#suggested, this.#files))
    const { store } = workspace
    const held = this.#held
    const changed = held?.suggested === suggested && held.store === store ? changedSince(store, held.marks) : null
    if (held !== null && changed?.size === 0) return held.columns
    this.#held =
      held === null || changed === null
        ? readAll(store, suggested, evidence)
        : readChanged(store, held, changed, evidence)
    return this.#held.columns
  }
}

function readAll(store: DocumentStore, suggested: Suggested, evidence: Evidence): Held {
  const edits = new LayeredMap(new Map(store.all('concept-edit')))
  const reviews = new LayeredMap(withSentences(new Map(store.all('review')), edits, suggested, evidence))
  const said = new SaidOfNeurons(edits, reviews, suggested, new ExplanationOrder(store))
  const scores = suggested.scores.slice()
  const status = suggested.status.slice()
  const above = new Map<number, string>()
  for (const [row, text] of takeOver(said, said.neurons(), suggested, evidence, { scores, status })) {
    if (text !== null) above.set(row, text)
  }
  const texts = [...suggested.texts]
  for (const [row, text] of above) texts[row] = text
  const sentences = sentencesOf(texts)
  const columns = columnsOf(said, suggested, evidence, { scores, status, ...sentences })
  const from = { suggested, store, marks: marksOf(store), edits, reviews }
  return { ...from, above: new LayeredMap(above), sentences, columns }
}

function readChanged(store: DocumentStore, held: Held, changed: ReadonlySet<string>, evidence: Evidence): Held {
  const { suggested } = held
  const newEdits = new Map<string, Documents['concept-edit'] | null>()
  const newReviews = new Map<string, Review | null>()
  const standing = new Map<string, Review>()
  for (const neuron of changed) {
    newEdits.set(neuron, store.get('concept-edit', neuron))
    const review = store.get('review', neuron)
    if (review === null) newReviews.set(neuron, null)
    else standing.set(neuron, review)
  }
  const edits = held.edits.with(newEdits)
  for (const [neuron, review] of withSentences(standing, edits, suggested, evidence)) newReviews.set(neuron, review)
  const reviews = held.reviews.with(newReviews)
  const said = new SaidOfNeurons(edits, reviews, suggested, new ExplanationOrder(store))
  const scores = held.columns.scores.slice()
  const status = held.columns.status.slice()
  const others = new Map<number, string | null>()
  for (const [row, text] of takeOver(said, changed, suggested, evidence, { scores, status })) {
    if ((held.above.get(row) ?? null) !== text) others.set(row, text)
  }
  let { sentences } = held
  if (others.size > 0) {
    const texts = [...sentences.texts]
    for (const [row, text] of others) texts[row] = text ?? suggested.texts[row]!
    sentences = sentencesOf(texts)
  }
  const columns = columnsOf(said, suggested, evidence, { scores, status, ...sentences })
  const from = { suggested, store, marks: marksOf(store), edits, reviews }
  return { ...from, above: held.above.with(others), sentences, columns }
}

/** Sets status and score of neurons; gives their rows with the sentence that stands by a person's word, or null for none. */
function* takeOver(
  said: SaidOfNeurons,
  neurons: Iterable<string>,
  suggested: Suggested,
  { rowOf }: Evidence,
  { scores, status }: { readonly scores: Float32Array; readonly status: Uint8Array },
): Generator<readonly [number, string | null]> {
  for (const neuron of neurons) {
    const row = rowOf(neuron)
    if (row === null) continue
    const standing = said.standing(neuron, row)
    status[row] = conceptStatuses.indexOf(standing.status)
    const personal = said.personal(standing, neuron)
    // The score was the other sentence's.
    scores[row] = personal === null ? suggested.scores[row]! : (personal.score ?? Number.NaN)
    yield [row, personal?.text ?? null]
  }
}

function columnsOf(
  said: SaidOfNeurons,
  suggested: Suggested,
  { neuronAt }: Evidence,
  columns: Pick<ConceptColumns, 'texts' | 'json' | 'scores' | 'status'>,
): ConceptColumns {
  return {
    ...columns,
    explanations: suggested.explanations,
    suggestionAt: (row) => {
      const found = placeIn(suggested, row)
      return found === null ? null : { file: found.source.file, place: found.place }
    },
    conceptAt: (row) => said.concept(neuronAt(row), row),
    reviewOf: (neuron) => said.reviewOf(neuron),
  }
}

/** All sentences, and their JSON. */
function sentencesOf(texts: readonly string[]): Sentences {
  let json: Promise<Blob> | null = null
  return { texts, json: () => (json ??= jsonOf(texts)) }
}

function marksOf(store: DocumentStore): Marks {
  return { 'concept-edit': store.markOf('concept-edit'), review: store.markOf('review') }
}

/** Neurons of which something was said or taken back since; null when that is too long ago to tell. */
function changedSince(store: DocumentStore, marks: Marks): ReadonlySet<string> | null {
  const changed = new Set<string>()
  for (const kind of saying) {
    const keys = store.changedSince(kind, marks[kind])
    if (keys === null) return null
    for (const key of keys) changed.add(key)
  }
  return changed
}

async function jsonOf(texts: readonly string[]): Promise<Blob> {
  const parts: string[] = []
  for (let first = 0; first < texts.length; first += textsTogether) {
    const part = JSON.stringify(texts.slice(first, first + textsTogether))
    parts.push(first === 0 ? '[' : ',', part.slice(1, -1))
    await breathe()
  }
  parts.push(texts.length === 0 ? '[]' : ']')
  return new Blob(parts)
}
