import { SnipError } from '../../../contract/failure.ts'
import type { BulkAction, BulkPreview, ReviewFilter } from '../../../contract/workbench/review.ts'
import { breathe } from '../breathe.ts'
import { changesOfEdit, changesOfVerdict, reviewerOf } from '../neurons/concept-edits.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import { verdictOn } from '../neurons/verdicts.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import { editPrepared, type PreparedEdit } from '../workspace/edit-prepared.ts'
import { filterNeurons, literally } from './filter-neurons.ts'

/** Neurons shown of those that would change. */
const examplesShown = 5
/** Neurons gone through without letting others in: a few milliseconds. */
const editsTogether = 500
/** Characters of the longest concept. */
const longestConcept = 10_000

interface Planned {
  readonly found: number
  readonly unfit: number
  /** One for each neuron that would change. */
  readonly edits: readonly {
    readonly neuron: string
    readonly row: number
    readonly before: string
    readonly after: string
  }[]
}

/** What an action on all neurons of a filter would change. Changes nothing. */
export async function previewBulk(
  tables: NeuronTables,
  { filter, action }: { readonly filter: ReviewFilter; readonly action: BulkAction },
): Promise<BulkPreview> {
  const { edits, found, unfit } = await plan(await tables.data(), filter, action)
  const examples = edits.slice(0, examplesShown).map(({ row: _row, ...example }) => example)
  return { count: edits.length, found, unfit, examples }
}

/**
 * Does it, as one step of undo, on what stands when it is written. Throws `bad-argument` when other neurons would change than were shown,
 * also by what was said of one while it was prepared.
 */
export async function bulkEdit(
  session: WorkbenchSession,
  tables: NeuronTables,
  request: { readonly filter: ReviewFilter; readonly action: BulkAction; readonly expected: number },
): Promise<{ changed: number; label: string }> {
  const author = reviewerOf(session)
  const { workspace } = await tables.data()
  const prepare = () => prepareBulk(tables, author, request)
  const { changed, label } = await editPrepared(workspace.store, author, prepare)
  return { changed, label }
}

async function prepareBulk(
  tables: NeuronTables,
  author: string,
  {
    filter,
    action,
    expected,
  }: { readonly filter: ReviewFilter; readonly action: BulkAction; readonly expected: number },
): Promise<PreparedEdit & { readonly changed: number }> {
  const data = await tables.data()
  const { edits } = await plan(data, filter, action)
  if (edits.length !== expected) {
    throw new SnipError('bad-argument', `${edits.length} neurons would change now, not ${expected}`, {
      remedy: 'Look at the number again: somebody reviewed meanwhile.',
    })
  }
  const label = labelOf(action, edits.length)
  const { store } = data.workspace
  const at = Date.now()
  const changesOf = ({ neuron, row, after }: Planned['edits'][number]): Change[] => {
    switch (action.kind) {
      case 'accept':
      case 'reject':
      case 'reopen':
        return changesOfVerdict(data, row, { status: wantedBy(action), author, at }) ?? []
      case 'pin':
        return [{ kind: 'pin', key: neuron, after: { pin: action.pin, author } }]
      case 'unpin':
        return [{ kind: 'pin', key: neuron, after: null }]
      case 'replace':
        return changesOfEdit(store, neuron, { text: after, author, at })
    }
  }
  const changes: Change[] = []
  for (const [done, edit] of edits.entries()) {
    changes.push(...changesOf(edit))
    if (done % editsTogether === editsTogether - 1) await breathe()
  }
  return { changed: edits.length, label, changes }
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
      else edits.push({ neuron, row, before, after })
      continue
    }
    const changes =
      action.kind === 'pin' || action.kind === 'unpin'
        ? (store.get('pin', neuron)?.pin ?? null) !== (action.kind === 'pin' ? action.pin : null)
        : before !== '' && (verdictOn(concepts.reviewOf(neuron), before)?.status ?? null) !== wantedBy(action)
    if (changes) edits.push({ neuron, row, before, after: before })
  }
  return { found: rows.length, unfit, edits }
}

/** What the sentences are to be; null for not judged. */
function wantedBy({ kind }: BulkAction): 'accepted' | 'rejected' | null {
  return kind === 'accept' ? 'accepted' : kind === 'reject' ? 'rejected' : null
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
