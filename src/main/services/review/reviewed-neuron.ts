import type { ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { requireNeurons, reviewerOf } from '../neurons/concept-edits.ts'
import { requireRow } from '../neurons/neuron-pages.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Sentences } from './second-opinions.ts'

/** What people and explainers said of one neuron of the table. */
export async function reviewedNeuron(
  tables: NeuronTables,
  sentences: Sentences,
  neuron: string,
): Promise<ReviewedNeuron> {
  const data = await tables.data()
  const { store } = data.workspace
  const row = requireRow(data, neuron)
  const { verdict, hasNewer } = data.concepts.conceptAt(row)
  const edit = store.get('concept-edit', neuron)
  const review = data.concepts.reviewOf(neuron)
  const rejections = review === null ? [] : [...(review.earlier ?? []), review]
  return {
    neuron,
    verdict:
      verdict === null ? null : { status: verdict.status, author: verdict.author ?? null, at: verdict.at ?? null },
    edit: edit === null ? null : { text: edit.text, author: edit.author, at: edit.at ?? null },
    skipped: store.get('review-skip', neuron) !== null,
    notes: [...(store.get('review-note', neuron)?.notes ?? [])],
    sentences: sentences.ofExplainers(data, row),
    hasNewer,
    rejected: rejections.flatMap(({ status, sentence, author, at }) =>
      status === 'rejected' && sentence !== undefined
        ? [{ text: sentence.text, author: author ?? null, at: at ?? null }]
        : [],
    ),
  }
}

/** Puts a neuron to the end of the review queue, or back to its place. One step of undo. */
export async function skipNeuron(session: WorkbenchSession, neuron: string, skip: boolean): Promise<void> {
  await requireNeurons(session, [neuron])
  const { store } = session.workspace()
  if (!skip && store.get('review-skip', neuron) === null) return
  const label = skip ? `Skipped ${neuron}` : `Put ${neuron} back into the queue`
  const after = skip ? { at: Date.now() } : null
  await store.edit(label, [{ kind: 'review-skip', key: neuron, after }], reviewerOf(session))
}

/** Writes the reviewer's own note of a neuron, or takes it away; others' notes stay. One step of undo. */
export async function noteNeuron(session: WorkbenchSession, neuron: string, text: string | null): Promise<void> {
  await requireNeurons(session, [neuron])
  const { store } = session.workspace()
  const author = reviewerOf(session)
  const notes = store.get('review-note', neuron)?.notes ?? []
  if ((notes.find((note) => note.author === author)?.text ?? null) === text) return
  const others = notes.filter((note) => note.author !== author)
  const now = text === null ? others : [...others, { author, text, at: Date.now() }]
  const after = now.length === 0 ? null : { notes: now }
  const label = text === null ? `Took the note off ${neuron}` : `Noted something about ${neuron}`
  await store.edit(label, [{ kind: 'review-note', key: neuron, after }], author)
}
