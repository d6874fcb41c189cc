import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { conceptSchema, type Concept } from '../../../contract/files.ts'
import { oneLine } from '../../../contract/workbench/call.ts'
import type { FoundConcepts } from '../../../contract/workbench/exchange.ts'
import type { ConceptRow, ReviewOfRow } from '../../../core/exchange/concept-row.ts'
import { sideBySide } from '../../../core/exchange/side-by-side.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAsideWhile } from '../../files/write-aside.ts'
import { breathe, inSteps } from '../breathe.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { reviewerOf } from '../neurons/concept-edits.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { latestExplanation, writtenBy } from '../neurons/verdicts.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask, throwIfCancelled, type Task } from '../task.ts'
import type { Change } from '../workspace/document-store.ts'
import { readConceptsOf, type ConceptsOfFile } from './read-concepts-of.ts'

/** Concepts shown before they are taken in. */
const sampleSize = 8

/** Authors whose concepts are counted before they are taken in: columns of a table, models. */
const mostAuthors = 12

/** Concepts written without letting others in: a few milliseconds. */
const rowsTogether = 1000

/** A sentence with what a person said of it, and whether it is the one of its neuron that is in use. */
type ReviewedRow = ConceptRow & { readonly review: ReviewOfRow; readonly isInUse: boolean }

/** Name of what made concepts that come from a file. */
export const importedBy = 'import'

/** What a file of concepts would bring to the open workspace. */
export async function lookAtConcepts(
  tables: NeuronTables,
  path: string,
  task: Task = quietTask(),
): Promise<FoundConcepts> {
  return (await findConcepts(tables, path, task)).found
}

/**
 * Adds the concepts of a file as an explanation of the recording in use, with what persons said of them. What a person said here stays
 * above them; of several concepts of a neuron the best-scored is in use, of equal ones the first, and the others stand beside it. Cancelled
 * on the way, it leaves nothing.
 */
export async function importConcepts(
  session: WorkbenchSession,
  tables: NeuronTables,
  path: string,
  task: Task = quietTask(),
): Promise<FoundConcepts> {
  const { found, rows, said } = await findConcepts(tables, path, task)
  if (rows.length === 0) {
    throw new SnipError('bad-data', `${basename(path)} names no neuron of the recording in use`, {
      remedy: 'Check that the file was made for this model.',
    })
  }
  const { workspace, evidence } = await tables.data()
  const { store } = workspace
  const id = store.newId()
  const file = `concepts/${id}.jsonl`
  makeFolder(workspace.file('concepts'))
  const written = workspace.file('concepts', `${id}.jsonl`)
  await writeAsideWhile(written, async (append) => {
    for (const [done, row] of rows.entries()) {
      if (done % rowsTogether === 0) {
        throwIfCancelled(task)
        task.report({ stage: 'Writing concepts', done, total: rows.length, unit: 'concepts' })
        await breathe()
      }
      append(`${JSON.stringify(conceptOfRow(row))}\n`)
    }
  })
  const at = Date.now()
  const edits = store.history().length
  const after = { recording: evidence.id, explainer: importedBy, file, concepts: rows.length, at, edits }
  try {
    throwIfCancelled(task)
    // What was said while the file was read stays. From here on it is done or not, as a whole.
    const isUnsaid = ({ neuron }: ConceptRow) =>
      store.get('concept-edit', neuron) === null && store.get('review', neuron) === null
    const changes = () => [
      { kind: 'explanation' as const, key: id, after },
      ...said.filter(isUnsaid).flatMap((row) => changesOfReview(row, id, latestExplanation(store), at)),
    ]
    await store.edit(`Imported ${rows.length} concepts from ${basename(path)}`, changes, reviewerOf(session))
  } catch (error) {
    rmSync(written, { force: true })
    throw error
  }
  return found
}

async function findConcepts(tables: NeuronTables, path: string, task: Task) {
  const { workspace, evidence, concepts } = await tables.data()
  const read = await readConceptsOf(path, { task, keeps: ({ neuron }) => evidence.rowOf(neuron) !== null })
  const { rows, inUse, reviewed, authors, repeated } = await inSteps(sideBySide(read.rows))
  const edits = workspace.store.all('concept-edit')
  let besidePersons = 0
  let looked = 0
  for (const neuron of inUse.keys()) {
    if (looked++ % rowsTogether === 0) await breathe()
    if (edits.has(neuron) || concepts.reviewOf(neuron)?.status === 'accepted') besidePersons++
  }
  const said: ReviewedRow[] = []
  looked = 0
  for (const [neuron, row] of reviewed) {
    if (looked++ % rowsTogether === 0) await breathe()
    if (!edits.has(neuron) && concepts.reviewOf(neuron) === null)
      said.push({ ...row, isInUse: inUse.get(neuron)?.text === row.text })
  }
  const found: FoundConcepts = {
    format: read.format,
    concepts: rows.length,
    neurons: inUse.size,
    authors: [...authors].slice(0, mostAuthors).map(([author, count]) => ({
      author: oneLine(author).slice(0, 100),
      concepts: count,
    })),
    otherAuthors: Math.max(0, authors.size - mostAuthors),
    repeated,
    elsewhere: read.others,
    besidePersons,
    reviewed: said.length,
    rejectedCount: read.rejectedCount,
    rejected: [...read.rejected],
    sample: rows.slice(0, sampleSize).map((row) => {
      const { neuron, text, score, author } = row
      return { neuron, text, score, author, isInUse: inUse.get(neuron) === row }
    }),
  }
  return { found, rows, said }
}

/** What a person said of a sentence that came with it; times that are not told are those of the import. */
function changesOfReview(
  { neuron, text, author, score, scoreKind, review, isInUse }: ReviewedRow,
  explanation: string,
  before: string | null,
  now: number,
): Change[] {
  const { verdict, isOwn, reviewer } = review
  const at = review.at ?? now
  const latest = explanation
  const changes: Change[] = []
  if (isOwn) changes.push({ kind: 'concept-edit', key: neuron, after: { text, author, at, latest } })
  if (verdict !== null) {
    const sentence = isOwn
      ? writtenBy({ text, author })
      : { text, author, explainer: importedBy, score, scoreKind: scoreKindOf({ author, score, scoreKind }) }
    // The one in use stands beside it, as if it came later.
    const said = { status: verdict, author: reviewer, at, sentence, latest: isOwn || isInUse ? latest : before }
    changes.push({ kind: 'review', key: neuron, after: said })
  }
  return changes
}

/** The same for the command line: a file of somebody else's concepts becomes concepts.jsonl. */
export async function convertConcepts(path: string, out: string, task: Task): Promise<ConceptsOfFile> {
  refuseOutput(out, conceptSchema, 'concepts')
  return writeAsideWhile(out, (append) => {
    // Written as they are read and not kept: there may be millions.
    const keeps = (row: ConceptRow) => {
      append(`${JSON.stringify(conceptOfRow(row))}\n`)
      return false
    }
    return readConceptsOf(path, { task, keeps })
  })
}

function conceptOfRow({ neuron, text, score, author, scoreKind }: ConceptRow): Concept {
  return {
    neuron,
    text,
    author,
    explainer: importedBy,
    score,
    scoreKind: scoreKindOf({ author, score, scoreKind }),
    status: 'suggested',
  }
}

/** How a concept was scored, as far as its source says it. */
function scoreKindOf({ author, score, scoreKind }: Pick<ConceptRow, 'author' | 'score' | 'scoreKind'>): string | null {
  return score === null ? null : (scoreKind ?? `${importedBy}: ${author}`)
}
