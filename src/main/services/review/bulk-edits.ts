import { SnipError } from '../../../contract/failure.ts'
import type { BulkAction, BulkPreview, ReviewFilter } from '../../../contract/workbench/review.ts'
import { reviewerOf } from '../neurons/concept-edits.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import { filterNeurons, literally } from './filter-neurons.ts'

/** Neurons shown of those that would change. */
const examplesShown = 5
/** Characters of the longest concept. */
const longestConcept = 10_000

interface Planned {
  readonly found: number
  readonly unfit: number
  /** One for each neuron that would change. */
  readonly edits: readonly { readonly neuron: string; readonly before: string; readonly after: string }[]
}

/** What an action on all neurons of a filter would change. Changes nothing. */
export async function previewBulk(
  tables: NeuronTables,
  { filter, action }: { readonly filter: ReviewFilter; readonly action: BulkAction },
): Promise<BulkPreview> {
  const { edits, found, unfit } = await plan(await tables.data(), filter, action)
  return { count: edits.length, found, unfit, examples: edits.slice(0, examplesShown) }
}

/** Does it, as one step of undo. Throws `bad-argument` when other neurons would change than were shown. */
export async function bulkEdit(
  session: WorkbenchSession,
  tables: NeuronTables,
  request: { readonly filter: ReviewFilter; readonly action: BulkAction; readonly expected: number },
): Promise<{ changed: number; label: string }> {
  const { filter, action, expected } = request
  const data = await tables.data()
  const { edits } = await plan(data, filter, action)
  if (edits.length !== expected) {
    throw new SnipError('bad-argument', `${edits.length} neurons would change now, not ${expected}`, {
      remedy: 'Look at the number again: somebody reviewed meanwhile.',
    })
  }
  const label = labelOf(action, edits.length)
  if (edits.length === 0) return { changed: 0, label }
  const { store } = data.workspace
  const author = reviewerOf(session)
  const at = Date.now()
  const changes = edits.flatMap(({ neuron, after }): Change[] => {
    const isJudged = store.get('review', neuron) !== null
    switch (action.kind) {
      case 'accept':
        return [{ kind: 'review', key: neuron, after: { status: 'accepted', author, at } }]
      case 'reject':
        return [{ kind: 'review', key: neuron, after: { status: 'rejected', author, at } }]
      case 'reopen':
        return [{ kind: 'review', key: neuron, after: null }]
      case 'pin':
        return [{ kind: 'pin', key: neuron, after: { pin: action.pin, author } }]
      case 'unpin':
        return [{ kind: 'pin', key: neuron, after: null }]
      case 'replace':
        return [
          { kind: 'concept-edit', key: neuron, after: { text: after, author, at } },
          // The verdict was on the other sentence.
          ...(isJudged ? [{ kind: 'review' as const, key: neuron, after: null }] : []),
        ]
    }
  })
  await store.edit(label, changes, author)
  return { changed: edits.length, label }
}

async function plan(data: NeuronData, filter: ReviewFilter, action: BulkAction): Promise<Planned> {
  const { evidence, concepts, workspace } = data
  const { store } = workspace
  const rows = await filterNeurons(data, filter)
  const replaced = action.kind === 'replace' ? replacer(action) : null
  const edits: Planned['edits'][number][] = []
  let unfit = 0
  for (const row of rows) {
    const neuron = evidence.neuronAt(row)
    const before = concepts.texts[row] ?? ''
    if (replaced !== null) {
      const after = replaced(before)
      if (after === before) continue
      if (after === '' || after.length > longestConcept) unfit++
      else edits.push({ neuron, before, after })
      continue
    }
    const changes =
      action.kind === 'accept' || action.kind === 'reject'
        ? before !== '' && store.get('review', neuron)?.status !== `${action.kind}ed`
        : action.kind === 'reopen'
          ? store.get('review', neuron) !== null
          : (store.get('pin', neuron)?.pin ?? null) !== (action.kind === 'pin' ? action.pin : null)
    if (changes) edits.push({ neuron, before, after: before })
  }
  return { found: rows.length, unfit, edits }
}

/** Puts a text in the place of another, wherever it stands; what is left has no blanks at its ends. */
export function replacer({
  find,
  with: other,
  matchCase,
}: Pick<Extract<BulkAction, { kind: 'replace' }>, 'find' | 'with' | 'matchCase'>): (text: string) => string {
  const pattern = literally(find, matchCase ? 'gu' : 'giu')
  // A function, so that dollars in the new text are dollars.
  return (text) => {
    const now = text.replaceAll(pattern, () => other)
    return now === text ? text : now.trim()
  }
}

function labelOf(action: BulkAction, count: number): string {
  const neurons = `${count.toLocaleString('en-US')} ${count === 1 ? 'neuron' : 'neurons'}`
  const concepts = `${count.toLocaleString('en-US')} ${count === 1 ? 'concept' : 'concepts'}`
  switch (action.kind) {
    case 'accept':
      return `Accepted ${concepts}`
    case 'reject':
      return `Rejected ${concepts}`
    case 'reopen':
      return `Took back the verdict on ${concepts}`
    case 'pin':
      return `Pinned ${neurons}: ${action.pin} prune`
    case 'unpin':
      return `Took the pin off ${neurons}`
    case 'replace':
      return `Replaced “${action.find}” with “${action.with}” in ${concepts}`
  }
}
