import { existsSync } from 'node:fs'
import { conceptStatuses, type NeuronPage } from '../../../contract/workbench/neurons.ts'
import { breathe } from '../breathe.ts'
import { RecentValues } from '../recent-values.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { readConceptFile, type ConceptFile } from './concept-file.ts'
import type { Evidence } from './evidence.ts'

export type ConceptStatus = NeuronPage['concept']['status']

const code = (status: ConceptStatus): number => conceptStatuses.indexOf(status)
/** Sentences written as JSON without letting others in. */
const textsTogether = 10_000

/** What explainers and people say of the neurons of the evidence, as columns by row. */
export interface ConceptColumns {
  readonly texts: readonly string[]
  readonly scores: Float32Array<ArrayBuffer>
  readonly status: Uint8Array<ArrayBuffer>
  /** JSON array of the texts, written when it is first asked for. */
  json(): Promise<Blob>
  /** Where an explainer's concept of a row stands; null when there is none. */
  suggestionAt(row: number): { readonly file: ConceptFile; readonly place: number } | null
  /** All explanations of the evidence, oldest first, and when each was made. */
  readonly explanations: readonly DatedConcepts[]
}

export interface DatedConcepts {
  readonly file: ConceptFile
  readonly path: string
  /** Id of the explainer, or of what else brought them. */
  readonly explainer: string
  /** Milliseconds since 1970. */
  readonly at: number
}

interface Suggested {
  readonly key: string
  readonly files: readonly ConceptFile[]
  readonly sources: readonly Omit<DatedConcepts, 'file'>[]
  /** Per row: file and place of the last explanation; 0 for none, else 1 + file. */
  readonly fileOf: Uint32Array
  readonly placeOf: Uint32Array
}

/** Columns, and the documents that they were made from. */
interface Held {
  readonly suggested: Suggested
  readonly edits: ReadonlyMap<string, unknown>
  readonly reviews: ReadonlyMap<string, unknown>
  readonly columns: ConceptColumns
}

interface HeldTexts {
  readonly suggested: Suggested
  readonly edits: ReadonlyMap<string, unknown>
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
    const suggested = await this.#suggestionsOf(workspace, evidence)
    const { store } = workspace
    const edits = store.all('concept-edit')
    const reviews = store.all('review')
    const held = this.#columns
    if (held?.suggested === suggested && sameEntries(held.edits, edits) && sameEntries(held.reviews, reviews)) {
      return held.columns
    }
    const { files, fileOf, placeOf } = suggested
    const scores = new Float32Array(evidence.rows).fill(Number.NaN)
    const status = new Uint8Array(evidence.rows)
    for (let row = 0; row < evidence.rows; row++) {
      const file = fileOf[row]!
      if (file === 0) continue
      const { scores: own, failed } = files[file - 1]!
      const place = placeOf[row]!
      scores[row] = own[place]!
      status[row] = failed[place] === 1 ? code('failed') : code('suggested')
    }
    const judged = new Map(reviews)
    const edited = new Map(edits)
    for (const neuron of edited.keys()) {
      const row = evidence.rowOf(neuron)
      if (row === null) continue
      status[row] = code('edited')
      // The score was the other sentence's.
      scores[row] = Number.NaN
    }
    for (const [neuron, review] of judged) {
      const row = evidence.rowOf(neuron)
      if (row !== null && status[row] !== code('none')) status[row] = code(review.status)
    }
    const { texts, json } = this.#textsOf(workspace, evidence, suggested)
    const columns: ConceptColumns = {
      texts,
      scores,
      status,
      json,
      explanations: files.map((file, at) => ({ file, ...suggested.sources[at]! })),
      suggestionAt: (row) => {
        const file = files[(fileOf[row] ?? 0) - 1]
        return file === undefined ? null : { file, place: placeOf[row]! }
      },
    }
    this.#columns = { suggested, edits: edited, reviews: judged, columns }
    return columns
  }

  /** The explanations of the evidence, later ones above earlier ones. */
  async #suggestionsOf(workspace: OpenWorkspace, evidence: Evidence): Promise<Suggested> {
    const sources = [...workspace.store.all('explanation').values()]
      .filter(({ recording }) => recording === evidence.id)
      .map(({ file, explainer, at }) => ({ path: workspace.file(...file.split('/')), explainer, at }))
      .filter(({ path }) => existsSync(path))
    const paths = sources.map(({ path }) => path)
    const key = JSON.stringify([evidence.folder, paths])
    if (this.#suggested?.key === key) return this.#suggested
    const files: ConceptFile[] = []
    for (const path of paths) files.push(await this.#files.get(path, () => readConceptFile(path, evidence.rowOf)))
    const fileOf = new Uint32Array(evidence.rows)
    const placeOf = new Uint32Array(evidence.rows)
    for (const [at, { rows, failed }] of files.entries()) {
      for (const [place, row] of rows.entries()) {
        // A later failure must not take an earlier sentence away.
        if (failed[place] === 1 && fileOf[row] !== 0) continue
        fileOf[row] = at + 1
        placeOf[row] = place
      }
    }
    return (this.#suggested = { key, files, sources, fileOf, placeOf })
  }

  /** All sentences, and their JSON: made anew only when an explanation or an edit came or went. */
  #textsOf({ store }: OpenWorkspace, evidence: Evidence, suggested: Suggested): HeldTexts {
    const { files, fileOf, placeOf } = suggested
    const edits = store.all('concept-edit')
    if (this.#texts?.suggested === suggested && sameEntries(this.#texts.edits, edits)) return this.#texts
    const copy = new Map(edits)
    const texts: string[] = []
    for (let row = 0; row < evidence.rows; row++) {
      texts.push(files[fileOf[row]! - 1]?.texts[placeOf[row]!] ?? '')
    }
    for (const [neuron, { text }] of copy) {
      const row = evidence.rowOf(neuron)
      if (row !== null) texts[row] = text
    }
    let json: Promise<Blob> | null = null
    return (this.#texts = { suggested, edits: copy, texts, json: () => (json ??= jsonOf(texts)) })
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

/** True when two maps hold the very same documents: the store never changes one in place. */
function sameEntries(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value) return false
  return true
}
