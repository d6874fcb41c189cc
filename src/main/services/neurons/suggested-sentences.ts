import { existsSync } from 'node:fs'
import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import { isBetter } from '../../../core/exchange/better-sentence.ts'
import type { RecentValues } from '../recent-values.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { readConceptFile, type ConceptFile } from './concept-file.ts'
import type { Evidence } from './evidence.ts'
import type { SentenceThen, Suggestion } from './verdicts.ts'

/** A file of concepts, and where it is from. */
export interface DatedConcepts {
  /** Key of the explanation. */
  readonly id: string
  readonly file: ConceptFile
  readonly path: string
  /** Id of the explainer, or of what else brought them. */
  readonly explainer: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What explainers say of the neurons of the evidence, as columns by row. */
export interface Suggested {
  readonly key: string
  /** All explanations of the evidence, oldest first. */
  readonly explanations: readonly DatedConcepts[]
  /** File and place of the last explanation; 0 for none, else 1 + file. */
  readonly fileOf: Uint32Array
  readonly placeOf: Uint32Array
  readonly texts: readonly string[]
  readonly scores: Float32Array<ArrayBuffer>
  readonly status: Uint8Array<ArrayBuffer>
}

/** Reads the explanations of the evidence, later ones above earlier ones, and of several sentences of one of them the best-scored; `known` is given back when it is the same. */
export async function readSuggested(
  workspace: OpenWorkspace,
  evidence: Evidence,
  known: Suggested | null,
  kept: RecentValues<ConceptFile>,
): Promise<Suggested> {
  const sources = [...workspace.store.all('explanation')]
    .filter(([, { recording }]) => recording === evidence.id)
    .map(([id, { file, explainer, at }]) => ({ id, path: workspace.file(...file.split('/')), explainer, at }))
    .filter(({ path }) => existsSync(path))
  const key = JSON.stringify([evidence.folder, sources.map(({ id, path }) => [id, path])])
  if (known?.key === key) return known
  const explanations: DatedConcepts[] = []
  for (const source of sources) {
    const file = await kept.get(source.path, () => readConceptFile(source.path, evidence.rowOf))
    explanations.push({ ...source, file })
  }
  const fileOf = new Uint32Array(evidence.rows)
  const placeOf = new Uint32Array(evidence.rows)
  for (const [at, { file }] of explanations.entries()) {
    const { rows, failed } = file
    for (const [place, row] of rows.entries()) {
      // A later failure must not take an earlier sentence away.
      if (failed[place] === 1 && fileOf[row] !== 0) continue
      if (fileOf[row] === at + 1 && !goesBefore(file, place, placeOf[row]!)) continue
      fileOf[row] = at + 1
      placeOf[row] = place
    }
  }
  const scores = new Float32Array(evidence.rows).fill(Number.NaN)
  const status = new Uint8Array(evidence.rows)
  const texts: string[] = []
  const codes = [conceptStatuses.indexOf('suggested'), conceptStatuses.indexOf('failed')] as const
  for (let row = 0; row < evidence.rows; row++) {
    const file = explanations[fileOf[row]! - 1]?.file
    const place = placeOf[row]!
    texts.push(file?.texts[place] ?? '')
    if (file === undefined) continue
    scores[row] = file.scores[place]!
    status[row] = codes[file.failed[place] === 1 ? 1 : 0]
  }
  return { key, explanations, fileOf, placeOf, texts, scores, status }
}

/** Whether a place goes before an earlier one of the same file and row: one of several sentences is in use, by its score. */
function goesBefore({ failed, scores }: ConceptFile, place: number, than: number): boolean {
  return failed[than] === 1 || isBetter(scores[place]!, scores[than]!)
}

/** Where the last explanation of a row stands; null when there is none. */
export function placeIn(
  { explanations, fileOf, placeOf }: Suggested,
  row: number,
): { readonly source: DatedConcepts; readonly place: number } | null {
  const source = explanations[(fileOf[row] ?? 0) - 1]
  return source === undefined ? null : { source, place: placeOf[row]! }
}

/** What explainers say last of a row; null when they say nothing. */
export function suggestionIn(suggested: Suggested, row: number): Suggestion | null {
  const found = placeIn(suggested, row)
  if (found === null) return null
  const { file, id, at } = found.source
  return { text: file.texts[found.place]!, failed: file.failed[found.place] === 1, explanation: id, at }
}

/** All sentences that explainers wrote of some rows, oldest first. */
export function sentencesIn(
  { explanations }: Pick<Suggested, 'explanations'>,
  wanted: ReadonlySet<number>,
): ReadonlyMap<number, SentenceThen[]> {
  const sentences = new Map<number, SentenceThen[]>()
  for (const { id, at, explainer, file } of explanations) {
    for (const [place, row] of file.rows.entries()) {
      if (!wanted.has(row) || file.failed[place] === 1 || file.texts[place] === '') continue
      const score = file.scores[place]!
      const sentence = {
        text: file.texts[place]!,
        author: file.authors[place]!,
        explainer,
        score: Number.isNaN(score) ? null : score,
        scoreKind: file.scoreKinds[place]!,
        explanation: id,
        at,
      }
      const known = sentences.get(row)
      if (known === undefined) sentences.set(row, [sentence])
      else known.push(sentence)
    }
  }
  return sentences
}
