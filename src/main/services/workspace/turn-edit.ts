import { neuronIdSchema } from '../../../contract/neuron.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { DocumentKind } from './documents.ts'

/** Documents whose key is a neuron. */
const ofNeurons: ReadonlySet<DocumentKind> = new Set(['concept-edit', 'review', 'review-note', 'review-skip', 'pin'])

/** Takes the last edit back or does the next one again. Tells it in words, and the neuron that it was about where it was about one. */
export async function turnEdit({ store }: Pick<OpenWorkspace, 'store'>, way: 'undo' | 'redo') {
  const edit = await store.turn(way)
  return { did: edit?.label ?? null, neuron: edit === null ? null : neuronOf(edit.touched) }
}

function neuronOf(touched: readonly string[]) {
  const [first = ''] = touched
  const key = first.slice(first.indexOf(' ') + 1)
  const isOfIt = (document: string) => {
    const at = document.indexOf(' ')
    return document.slice(at + 1) === key && ofNeurons.has(document.slice(0, at) as DocumentKind)
  }
  // Edits of many touch hundreds of thousands: the first other one ends it.
  return touched.every(isOfIt) ? (neuronIdSchema.safeParse(key).data ?? null) : null
}
