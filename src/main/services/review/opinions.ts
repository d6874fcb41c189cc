import { momentSchema } from '../../../contract/workbench/call.ts'
import type { ReviewLine } from '../../../contract/workbench/review.ts'
import type { NeuronData } from '../neurons/neuron-tables.ts'
import type { StandingConcept } from '../neurons/said-of-neurons.ts'
import type { JudgedSentence, Review } from '../neurons/verdicts.ts'
import type { Documents } from '../workspace/documents.ts'

/** What stands in the workspace about a neuron, whoever said it. */
export interface Standing {
  readonly row: number
  /** The concept as it is shown, and whose it is. */
  readonly concept: StandingConcept
  readonly edit: Documents['concept-edit'] | null
  /** Verdicts on all sentences of the neuron. */
  readonly review: Review | null
  readonly pin: Documents['pin'] | null
  readonly notes: Documents['review-note']['notes']
}

export function standingOf({ workspace: { store }, evidence, concepts }: NeuronData, neuron: string): Standing {
  const row = evidence.rowOf(neuron) ?? -1
  return {
    row,
    concept: concepts.conceptAt(row),
    edit: store.get('concept-edit', neuron),
    review: concepts.reviewOf(neuron),
    pin: store.get('pin', neuron),
    notes: store.get('review-note', neuron)?.notes ?? [],
  }
}

/**
 * What one reviewer said of each neuron of the table, in the order of the table. What nobody signed counts as theirs, and what is signed
 * with another name of theirs.
 */
export function ownOpinions(data: NeuronData, author: string, otherName = author): ReviewLine[] {
  const { store } = data.workspace
  const isTheirs = (name: string) => name === author || name === otherName
  const isOwn = (document: { readonly author?: string | undefined } | null) =>
    document !== null && isTheirs(document.author ?? author)
  const neurons = new Set<string>()
  for (const kind of ['concept-edit', 'review', 'review-note', 'pin'] as const) {
    for (const neuron of store.all(kind).keys()) neurons.add(neuron)
  }
  const lines: (ReviewLine & { readonly row: number })[] = []
  for (const neuron of neurons) {
    if (data.evidence.rowOf(neuron) === null) continue
    const { row, concept, edit, review, pin, notes } = standingOf(data, neuron)
    const edited = concept.from === 'edit' && isOwn(edit)
    // A sentence that stands here unjudged says less than the one before it that was rejected.
    const own = isOwn(concept.verdict) ? concept.verdict : null
    const verdict = own ?? (edited || concept.verdict !== null || !isOwn(review) ? null : review)
    const note = notes.find((one) => one.author === author) ?? notes.find((one) => isTheirs(one.author)) ?? null
    const pinned = isOwn(pin) ? (pin?.pin ?? null) : null
    if (verdict === null && !edited && note === null && pinned === null) continue
    const times = [verdict?.at, edited ? edit?.at : undefined, note?.at].filter(isMoment)
    const sentence = verdict?.sentence ?? concept
    lines.push({
      row,
      neuron,
      text: sentence.text,
      edited,
      source: edited || sentence.text === '' ? null : sourceOf(sentence),
      verdict: verdict?.status ?? null,
      author,
      at: times.length === 0 ? null : Math.max(...times),
      note: note?.text ?? null,
      pin: pinned,
    })
  }
  return lines.toSorted((a, b) => a.row - b.row).map(({ row: _row, ...line }) => line)
}

/** Documents of before may hold any number. */
function isMoment(at: number | undefined): at is number {
  return momentSchema.safeParse(at).success
}

export function sourceOf({ author, score, scoreKind }: JudgedSentence): ReviewLine['source'] {
  return { author, score, scoreKind }
}
