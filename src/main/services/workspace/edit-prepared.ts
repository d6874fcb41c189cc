import { SnipError } from '../../../contract/failure.ts'
import type { Change, DocumentStore } from './document-store.ts'
import type { DocumentKind } from './documents.ts'

/** What people say of a neuron: an edit that was prepared from one of these touches none that changed since. */
const said: readonly DocumentKind[] = ['concept-edit', 'review', 'review-note', 'pin']

/** Who edits one neuron after the other while many are prepared must come to an end some time. */
const mostAttempts = 10

/** An edit of neurons, made from what stood there when it was prepared. */
export interface PreparedEdit {
  readonly label: string
  readonly changes: readonly Change[]
}

/**
 * An edit of many neurons that takes its time: what somebody said of one of them meanwhile is never written over, the edit is prepared
 * anew. Throws `bad-argument`, naming a neuron, when that happens again and again.
 */
export async function editPrepared<Prepared extends PreparedEdit>(
  store: Pick<DocumentStore, 'markOf' | 'changedSince' | 'edit'>,
  author: string,
  prepare: () => Promise<Prepared>,
): Promise<Prepared> {
  for (let attempt = 1; ; attempt++) {
    // Before anything is read: writes that are under way count as later ones.
    const marks = said.map((kind) => store.markOf(kind))
    const prepared = await prepare()
    if (prepared.changes.length === 0) return prepared
    const meanwhile: { neuron: string | null } = { neuron: null }
    const unlessChanged = () => {
      meanwhile.neuron = changedOf(prepared.changes, store, marks)
      return meanwhile.neuron === null ? prepared.changes : []
    }
    await store.edit(prepared.label, unlessChanged, author)
    if (meanwhile.neuron === null) return prepared
    if (attempt === mostAttempts) {
      throw new SnipError('bad-argument', `${meanwhile.neuron} was reviewed meanwhile, again and again`, {
        remedy: 'Try it once more when nobody else is reviewing these neurons.',
      })
    }
  }
}

/** A neuron of the changes of which something was said since; null when there is none. */
function changedOf(
  changes: readonly Change[],
  store: Pick<DocumentStore, 'changedSince'>,
  marks: readonly number[],
): string | null {
  const since = said.map((kind, at) => store.changedSince(kind, marks[at]!))
  // Too much has changed to tell what.
  if (since.includes(null)) return changes[0]?.key ?? null
  return changes.find(({ key }) => since.some((keys) => keys?.has(key)))?.key ?? null
}
