import type { ReviewLine } from '../../../contract/workbench/review.ts'
import type { NeuronData } from '../neurons/neuron-tables.ts'
import type { Documents } from '../workspace/documents.ts'

/** What stands in the workspace about a neuron, whoever said it. */
export interface Standing {
  /** The concept as it is shown. */
  readonly text: string
  /** The explainer's sentence; '' when there is none. */
  readonly suggestion: string
  readonly edit: Documents['concept-edit'] | null
  readonly review: Documents['review'] | null
  readonly pin: Documents['pin'] | null
  readonly notes: Documents['review-note']['notes']
}

export function standingOf({ workspace: { store }, evidence, concepts }: NeuronData, neuron: string): Standing {
  const row = evidence.rowOf(neuron) ?? -1
  const suggestion = concepts.suggestionAt(row)
  return {
    text: concepts.texts[row] ?? '',
    suggestion: suggestion?.file.texts[suggestion.place] ?? '',
    edit: store.get('concept-edit', neuron),
    review: store.get('review', neuron),
    pin: store.get('pin', neuron),
    notes: store.get('review-note', neuron)?.notes ?? [],
  }
}

/** What one reviewer said of each neuron of the table, in the order of the table. What nobody signed counts as theirs. */
export function ownOpinions(data: NeuronData, author: string): ReviewLine[] {
  const { store } = data.workspace
  const isOwn = (document: { readonly author?: string | undefined } | null) =>
    document !== null && (document.author ?? author) === author
  const neurons = new Set<string>()
  for (const kind of ['concept-edit', 'review', 'review-note', 'pin'] as const) {
    for (const neuron of store.all(kind).keys()) neurons.add(neuron)
  }
  const lines: (ReviewLine & { readonly row: number })[] = []
  for (const neuron of neurons) {
    const row = data.evidence.rowOf(neuron)
    if (row === null) continue
    const { text, edit, review, pin, notes } = standingOf(data, neuron)
    const verdict = isOwn(review) ? review : null
    const note = notes.find((one) => one.author === author) ?? null
    const edited = isOwn(edit)
    const pinned = isOwn(pin) ? (pin?.pin ?? null) : null
    if (verdict === null && !edited && note === null && pinned === null) continue
    const times = [verdict?.at, edited ? edit?.at : undefined, note?.at].filter((at) => at !== undefined)
    lines.push({
      row,
      neuron,
      text,
      edited,
      verdict: verdict?.status ?? null,
      author,
      at: times.length === 0 ? null : Math.max(...times),
      note: note?.text ?? null,
      pin: pinned,
    })
  }
  return lines.toSorted((a, b) => a.row - b.row).map(({ row: _row, ...line }) => line)
}
