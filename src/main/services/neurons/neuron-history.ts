import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import type { DocumentStore, HistoryEntry, RecordedStep } from '../workspace/document-store.ts'
import { neuronKeyedKinds, type DocumentKind, type Documents } from '../workspace/documents.ts'
import { explanationPlaces } from './explanation-places.ts'
import type { NeuronData, NeuronTables } from './neuron-tables.ts'
import type { DatedConcepts } from './suggested-sentences.ts'
import type { Review } from './verdicts.ts'

/** Documents of the largest edit whose sentences are told: those of larger ones would have to be read as a whole. */
const mostTouched = 5000

/** One thing that was said of a neuron. */
export interface Said {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly author: string
  readonly what: string
  readonly undone: boolean
  /** The sentence that was written or judged; null where it is about none. */
  readonly text: string | null
}

/** What persons, explainers and imports said of a neuron, in the order in which they said it, whatever the clock was. */
export async function neuronHistory(session: WorkbenchSession, tables: NeuronTables, neuron: string): Promise<Said[]> {
  const workspace = session.workspace()
  const { store } = workspace
  // An edit that touched several documents of the neuron is one edit.
  const edits = new Map<number, HistoryEntry>()
  for (const kind of neuronKeyedKinds) {
    if (kind === 'review-skip') continue
    for (const entry of store.historyOf(kind, neuron)) edits.set(entry.seq, entry)
  }
  const ordered = [...edits.values()].toSorted((a, b) => a.seq - b.seq)
  const steps = await judgedSteps(store, ordered)
  const all: (Said & { readonly place: number })[] = ordered.map(({ seq, at, author, label, undone }) => {
    const text = sentenceOf((steps.get(seq) ?? []).filter(({ key }) => key === neuron))
    return { place: seq, at, author, what: label, undone, text }
  })
  if (evidenceInUse(workspace) !== null) {
    const { evidence, concepts } = await tables.data()
    const row = evidence.rowOf(neuron)
    const places = explanationPlaces(store)
    for (const explanation of row === null ? [] : concepts.explanations) {
      const { rows } = explanation.file
      for (let at = rows.indexOf(row!); at >= 0; at = rows.indexOf(row!, at + 1)) {
        // Behind the edit that brought it.
        all.push({ place: (places.get(explanation.id) ?? 0) + 0.5, ...saidBy(workspace, explanation, at) })
      }
    }
  }
  return all.toSorted((a, b) => a.place - b.place).map(({ place: _place, ...said }) => said)
}

/** The same of all neurons, one line for each neuron that an edit or an explanation touched. */
export async function wholeHistory(
  workspace: OpenWorkspace,
  data: Pick<NeuronData, 'evidence' | 'concepts'> | null,
): Promise<(Said & { readonly neuron: string })[]> {
  const { store } = workspace
  const explanations = data?.concepts.explanations ?? []
  const places = explanationPlaces(store)
  const history = store.history()
  const steps = await judgedSteps(store, history)
  const all: (Said & { readonly neuron: string })[] = []
  let next = 0
  const tellExplanations = (before: number) => {
    for (; next < explanations.length; next++) {
      const explanation = explanations[next]!
      if ((places.get(explanation.id) ?? 0) >= before) break
      for (const [at, row] of explanation.file.rows.entries()) {
        all.push({ neuron: data!.evidence.neuronAt(row), ...saidBy(workspace, explanation, at) })
      }
    }
  }
  for (const { seq, at, author, label, undone, touched } of history) {
    tellExplanations(seq)
    const neurons = new Set<string>()
    for (const document of touched) {
      const space = document.indexOf(' ')
      if (neuronKeyedKinds.has(document.slice(0, space) as DocumentKind)) neurons.add(document.slice(space + 1))
    }
    const texts = new Map<string, string>()
    for (const step of steps.get(seq) ?? []) {
      const text = sentenceOf([step])
      if (text !== null && (step.kind === 'concept-edit' || !texts.has(step.key))) texts.set(step.key, text)
    }
    for (const neuron of neurons) {
      all.push({ neuron, at, author, what: label, undone, text: texts.get(neuron) ?? null })
    }
  }
  tellExplanations(Number.POSITIVE_INFINITY)
  return all
}

/** What edits made of documents, but for edits of very many. */
function judgedSteps(
  store: DocumentStore,
  edits: readonly HistoryEntry[],
): Promise<ReadonlyMap<number, readonly RecordedStep[]>> {
  return store.stepsOf(edits.flatMap(({ seq, touched }) => (touched.length <= mostTouched ? [seq] : [])))
}

/** The sentence that an edit of a neuron was about. */
function sentenceOf(steps: readonly RecordedStep[]): string | null {
  const edit = steps.find(({ kind }) => kind === 'concept-edit')
  if (edit !== undefined)
    return ((edit.after ?? edit.before) as Partial<Documents['concept-edit']> | null)?.text ?? null
  const review = steps.find(({ kind }) => kind === 'review')
  const before = (review?.before ?? null) as Review | null
  const after = (review?.after ?? null) as Review | null
  // What was rejected before comes up again when the last verdict is taken back.
  const isBack = before?.earlier?.some(({ sentence }) => sentence?.text === after?.sentence?.text) === true
  return (isBack || after === null ? before : after)?.sentence?.text ?? null
}

function saidBy({ store }: OpenWorkspace, { id, file, explainer, at }: DatedConcepts, place: number): Said {
  const brought = store.historyOf('explanation', id)[0]
  const what = brought === undefined ? `Explained it (${explainer})` : `${brought.label}, by ${brought.author}`
  const failed = file.failed[place] === 1
  return {
    at,
    author: file.authors[place]!,
    what: failed ? `Found no concept: ${file.reasons.get(place) ?? 'it failed'}` : what,
    undone: false,
    text: failed ? null : file.texts[place]!,
  }
}
