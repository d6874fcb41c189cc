import { SnipError } from '../../../contract/failure.ts'
import { namelessReviewer } from '../../../contract/workbench/call.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { Pin } from '../../../contract/workbench/neurons.ts'
import { createNeuronSpace, describeRange, flatIndexOf } from '../../../core/ranking/neuron-space.ts'
import { neuronWidths } from '../plans/model-in-use.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Change, DocumentStore } from '../workspace/document-store.ts'
import type { NeuronData, NeuronTables } from './neuron-tables.ts'
import { judged, latestExplanation, reopened, rewritten, type Review } from './verdicts.ts'

/** Name of who edits at the window. */
export function reviewerOf({ settings }: Pick<WorkbenchSession, 'settings'>): string {
  return settings.current.reviewer ?? namelessReviewer
}

/** What it takes to write a person's concept of a neuron: an accepted sentence gives way to it, and nobody has judged it yet. */
export function changesOfEdit(
  store: Pick<DocumentStore, 'get' | 'all'>,
  neuron: string,
  { text, author, at }: { readonly text: string; readonly author: string; readonly at?: number | undefined },
): Change[] {
  const after = { text, author, ...(at === undefined ? {} : { at }), latest: latestExplanation(store) }
  return [{ kind: 'concept-edit', key: neuron, after }, ...changeOfReview(store, neuron, rewritten, text)]
}

/** Writes a person's concept of a neuron; the explainer's stays beside it. One step of undo. */
export async function editConcept(session: WorkbenchSession, neuron: string, text: string): Promise<void> {
  await requireNeurons(session, [neuron])
  const { store } = session.workspace()
  const author = reviewerOf(session)
  const changes = changesOfEdit(store, neuron, { text, author, at: Date.now() })
  await store.edit(`Edited the concept of ${neuron}`, changes, author)
}

/**
 * Goes back to the explainer's newest sentence, from a person's or from one that was accepted before. Throws `not-found` when it is the
 * one that stands already.
 */
export async function revertConcept(session: WorkbenchSession, tables: NeuronTables, neuron: string): Promise<void> {
  const { store } = session.workspace()
  const author = reviewerOf(session)
  const edit = store.get('concept-edit', neuron)
  if (edit !== null) {
    const changes: Change[] = [
      { kind: 'concept-edit', key: neuron, after: null },
      ...changeOfReview(store, neuron, reopened, edit.text),
    ]
    return store.edit(`Took back the edit of the concept of ${neuron}`, changes, author)
  }
  const { evidence, concepts } = await tables.data()
  const row = evidence.rowOf(neuron)
  const concept = row === null ? null : concepts.conceptAt(row)
  if (concept?.from !== 'verdict' || concept.suggestion === '') {
    throw new SnipError('not-found', `The concept of ${neuron} was not edited`, {
      remedy: 'There is nothing to take back.',
    })
  }
  const after = reopened(concepts.reviewOf(neuron), concept.text)
  await store.edit(`Took the newer concept of ${neuron}`, [{ kind: 'review', key: neuron, after }], author)
}

/** What becomes of the verdicts on a neuron's sentences; nothing where there are none. */
function changeOfReview(
  store: Pick<DocumentStore, 'get'>,
  neuron: string,
  then: (before: Review | null, text: string) => Review | null,
  text: string,
): Change[] {
  const before = store.get('review', neuron)
  return before === null ? [] : [{ kind: 'review', key: neuron, after: then(before, text) }]
}

/** A verdict by somebody; null takes back what was said. */
export interface Judgement {
  readonly status: 'accepted' | 'rejected' | null
  readonly author: string
  readonly at: number | undefined
}

/**
 * What it takes to judge the sentence that stands for a row; null where there is none. Nothing where that was said already. Who accepts
 * an explainer's sentence lets go of an edit that was rejected.
 */
export function changesOfVerdict(
  { workspace: { store }, evidence, concepts }: NeuronData,
  row: number,
  { status, author, at }: Judgement,
): Change[] | null {
  const { from, text, author: writer, explainer, score, scoreKind, verdict } = concepts.conceptAt(row)
  if (text === '') return null
  if ((verdict?.status ?? null) === status) return []
  const neuron = evidence.neuronAt(row)
  const before = concepts.reviewOf(neuron)
  if (status === null) return [{ kind: 'review', key: neuron, after: reopened(before, text) }]
  const sentence = { text, author: writer, explainer, score, scoreKind }
  const latest = latestExplanation(store)
  const said = { status, author, ...(at === undefined ? {} : { at }), sentence, latest }
  const changes: Change[] = [{ kind: 'review', key: neuron, after: judged(before, said) }]
  if (status === 'accepted' && from !== 'edit' && store.get('concept-edit', neuron) !== null) {
    changes.push({ kind: 'concept-edit', key: neuron, after: null })
  }
  return changes
}

/** Accepts or rejects concepts, or takes that back. Neurons without a concept are passed over; when none has one, that is said. */
export async function reviewConcepts(
  session: WorkbenchSession,
  tables: NeuronTables,
  neurons: readonly string[],
  status: 'accepted' | 'rejected' | 'suggested',
): Promise<void> {
  const data = await tables.data()
  const author = reviewerOf(session)
  const judgement = { status: status === 'suggested' ? null : status, author, at: Date.now() }
  const changes: Change[] = []
  let known = 0
  for (const neuron of new Set(neurons)) {
    const row = data.evidence.rowOf(neuron)
    const own = row === null ? null : changesOfVerdict(data, row, judgement)
    if (own === null) continue
    known++
    changes.push(...own)
  }
  if (known === 0) {
    throw new SnipError('bad-argument', 'These neurons have no concept yet', {
      remedy: 'Explain them or write one first.',
    })
  }
  if (changes.length === 0) return
  const verbs = { accepted: 'Accepted', rejected: 'Rejected', suggested: 'Took back the verdict on' }
  await data.workspace.store.edit(`${verbs[status]} ${conceptsNamed(changes)}`, changes, author)
}

/** Pins neurons, or with null unpins them. One step of undo. */
export async function pinNeurons(
  session: WorkbenchSession,
  neurons: readonly string[],
  pin: Pin | null,
): Promise<void> {
  await requireNeurons(session, neurons)
  const { store } = session.workspace()
  const author = reviewerOf(session)
  const changes = [...new Set(neurons)]
    .filter((neuron) => (store.get('pin', neuron)?.pin ?? null) !== pin)
    .map((neuron): Change => ({ kind: 'pin', key: neuron, after: pin === null ? null : { pin, author } }))
  if (changes.length === 0) return
  const named = changes.length === 1 ? changes[0]!.key : `${changes.length} neurons`
  const label = pin === null ? `Took the pin off ${named}` : `Pinned ${named}: ${pin} prune`
  await store.edit(label, changes, author)
}

function conceptsNamed(changes: readonly Change[]): string {
  const neurons = new Set(changes.map(({ key }) => key))
  return neurons.size === 1 ? `the concept of ${changes[0]!.key}` : `${neurons.size} concepts`
}

/** Throws `bad-argument` naming the first neuron that the model does not have. */
export async function requireNeurons(session: WorkbenchSession, neurons: readonly string[]): Promise<void> {
  const space = createNeuronSpace(await neuronWidths(session))
  const flatOf = flatIndexOf(space)
  const unknown = neurons.find((neuron) => flatOf(neuron) === null)
  if (unknown === undefined) return
  throw new SnipError('bad-argument', `There is no neuron ${unknown}: ${describeRange(space, parseNeuron(unknown)!)}`, {
    remedy: 'Choose a neuron of this model.',
  })
}
