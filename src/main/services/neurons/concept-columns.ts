import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import { breathe } from '../breathe.ts'
import { RecentValues } from '../recent-values.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { ConceptFile } from './concept-file.ts'
import type { Evidence } from './evidence.ts'
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

/** Columns, and the documents that they were made from. */
interface Held {
  readonly suggested: Suggested
  readonly edits: ReadonlyMap<string, unknown>
  readonly reviews: ReadonlyMap<string, unknown>
  /** Sentences by row that stand above those of the explainers. */
  readonly above: ReadonlyMap<number, string>
  readonly columns: ConceptColumns
}

interface HeldTexts {
  readonly suggested: Suggested
  /** Sentences by row that stand above those of the explainers. */
  readonly above: ReadonlyMap<number, string>
  readonly texts: readonly string[]
  readonly json: () => Promise<Blob>
}

/** Keeps concept columns up to date with the documents of a workspace, reading each file of concepts once. */
export class ConceptReader {
  readonly #files = new RecentValues<ConceptFile>(16)
  #suggested: Suggested | null = null
  #columns: Held | null = null
  #texts: HeldTexts | null = null

  async read(workspace: OpenWorkspace, evidence: Evidence): Promise<ConceptColumns> {
    const suggested = (this.#suggested = await readSuggested(workspace, evidence, this.#suggested, this.#files))
    const { store } = workspace
    const held = this.#columns?.suggested === suggested ? this.#columns : null
    const changed = held === null ? null : new Set<string>()
    if (held !== null && changed !== null) {
      addChanged(changed, held.edits, store.all('concept-edit'))
      addChanged(changed, held.reviews, store.all('review'))
      if (changed.size === 0) return held.columns
    }
    const edits = new Map(store.all('concept-edit'))
    const reviews = new Map(store.all('review'))
    const whole = withSentences(reviews, edits, suggested, evidence)
    const said = new SaidOfNeurons(edits, whole, suggested, new ExplanationOrder(store))
    const scores = (held?.columns ?? suggested).scores.slice()
    const status = (held?.columns ?? suggested).status.slice()
    const above = new Map(held?.above)
    for (const neuron of changed ?? said.neurons()) {
      const row = evidence.rowOf(neuron)
      if (row === null) continue
      const standing = said.standing(neuron, row)
      status[row] = conceptStatuses.indexOf(standing.status)
      const personal = said.personal(standing, neuron)
      if (personal === null) {
        scores[row] = suggested.scores[row]!
        above.delete(row)
        continue
      }
      above.set(row, personal.text)
      // The score was the other sentence's.
      scores[row] = personal.score ?? Number.NaN
    }
    const { texts, json } = this.#textsOf(suggested, above)
    const columns: ConceptColumns = {
      texts,
      scores,
      status,
      json,
      explanations: suggested.explanations,
      suggestionAt: (row) => {
        const found = placeIn(suggested, row)
        return found === null ? null : { file: found.source.file, place: found.place }
      },
      conceptAt: (row) => said.concept(evidence.neuronAt(row), row),
      reviewOf: (neuron) => said.reviewOf(neuron),
    }
    this.#columns = { suggested, edits, reviews, above, columns }
    return columns
  }

  /** All sentences, and their JSON: made anew only when one of them became another. */
  #textsOf(suggested: Suggested, above: ReadonlyMap<number, string>): HeldTexts {
    if (this.#texts?.suggested === suggested && sameEntries(this.#texts.above, above)) return this.#texts
    const texts = [...suggested.texts]
    for (const [row, text] of above) texts[row] = text
    let json: Promise<Blob> | null = null
    return (this.#texts = { suggested, above, texts, json: () => (json ??= jsonOf(texts)) })
  }
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

/** Keys of documents that came, changed or went: the store never changes one in place. */
function addChanged(changed: Set<string>, before: ReadonlyMap<string, unknown>, now: ReadonlyMap<string, unknown>) {
  let kept = 0
  for (const [key, value] of now) {
    const known = before.get(key)
    if (known !== undefined) kept++
    if (known !== value) changed.add(key)
  }
  if (kept === before.size) return
  for (const key of before.keys()) if (!now.has(key)) changed.add(key)
}

/** True when two maps hold the very same values. */
function sameEntries<Key>(a: ReadonlyMap<Key, unknown>, b: ReadonlyMap<Key, unknown>): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value) return false
  return true
}
