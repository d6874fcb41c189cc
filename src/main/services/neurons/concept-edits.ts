import { SnipError } from '../../../contract/failure.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import { conceptStatuses, type Pin } from '../../../contract/workbench/neurons.ts'
import { createNeuronSpace, describeRange, flatIndexOf } from '../../../core/ranking/neuron-space.ts'
import { neuronWidths } from '../plans/model-in-use.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import type { NeuronTables } from './neuron-tables.ts'

/** Name of who edits at the window. */
export function reviewerOf({ settings }: Pick<WorkbenchSession, 'settings'>): string {
  return settings.current.reviewer ?? 'person'
}

/** Writes a person's concept of a neuron; the explainer's stays beside it, and an old verdict goes. One step of undo. */
export async function editConcept(session: WorkbenchSession, neuron: string, text: string): Promise<void> {
  await requireNeurons(session, [neuron])
  const { store } = session.workspace()
  const author = reviewerOf(session)
  await store.edit(
    `Edited the concept of ${neuron}`,
    [
      { kind: 'concept-edit', key: neuron, after: { text, author, at: Date.now() } },
      ...(store.get('review', neuron) === null ? [] : [{ kind: 'review' as const, key: neuron, after: null }]),
    ],
    author,
  )
}

/** Goes back to the explainer's sentence. Throws `not-found` when there is no edit. */
export async function revertConcept(session: WorkbenchSession, neuron: string): Promise<void> {
  const { store } = session.workspace()
  if (store.get('concept-edit', neuron) === null) {
    throw new SnipError('not-found', `The concept of ${neuron} was not edited`, {
      remedy: 'There is nothing to take back.',
    })
  }
  await store.edit(
    `Took back the edit of the concept of ${neuron}`,
    [
      { kind: 'concept-edit', key: neuron, after: null },
      ...(store.get('review', neuron) === null ? [] : [{ kind: 'review' as const, key: neuron, after: null }]),
    ],
    reviewerOf(session),
  )
}

/** Accepts or rejects concepts, or takes that back. Neurons without a concept are passed over; when none has one, that is said. */
export async function reviewConcepts(
  session: WorkbenchSession,
  tables: NeuronTables,
  neurons: readonly string[],
  status: 'accepted' | 'rejected' | 'suggested',
): Promise<void> {
  const { workspace, evidence, concepts } = await tables.data()
  const { store } = workspace
  const author = reviewerOf(session)
  const changes: Change[] = []
  for (const neuron of new Set(neurons)) {
    const row = evidence.rowOf(neuron)
    if (row === null || conceptStatuses[concepts.status[row] ?? 0] === 'none') continue
    const after = status === 'suggested' ? null : { status, author, at: Date.now() }
    if ((store.get('review', neuron)?.status ?? null) === (after?.status ?? null)) continue
    changes.push({ kind: 'review', key: neuron, after })
  }
  if (changes.length === 0) {
    const known = neurons.some((neuron) => concepts.status[evidence.rowOf(neuron) ?? -1])
    if (known) return
    throw new SnipError('bad-argument', 'These neurons have no concept yet', {
      remedy: 'Explain them or write one first.',
    })
  }
  const verbs = { accepted: 'Accepted', rejected: 'Rejected', suggested: 'Took back the verdict on' }
  await store.edit(`${verbs[status]} ${conceptsNamed(changes)}`, changes, author)
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

/** Every edit that touched a neuron's concept, verdict or pin, oldest first. */
export function neuronHistory({ store }: OpenWorkspace, neuron: string) {
  const entries = (['concept-edit', 'review', 'review-note', 'pin'] as const).flatMap((kind) =>
    store.historyOf(kind, neuron),
  )
  // An edit that touched two of them is one edit.
  const byEdit = new Map(entries.map((entry) => [`${entry.at} ${entry.label}`, entry]))
  return [...byEdit.values()]
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, author: who, label, undone }) => ({ at, author: who, what: label, undone }))
}

function conceptsNamed(changes: readonly Change[]): string {
  return changes.length === 1 ? `the concept of ${changes[0]!.key}` : `${changes.length} concepts`
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
