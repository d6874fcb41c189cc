import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { conceptSchema, type Concept } from '../../../contract/files.ts'
import type { FoundConcepts } from '../../../contract/workbench/exchange.ts'
import type { ConceptRow, ConceptRows } from '../../../core/exchange/concept-row.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside } from '../../files/write-aside.ts'
import { jsonLines } from '../files-of-lines.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import type { Task } from '../task.ts'
import { readConceptsOf } from './read-concepts-of.ts'

/** Concepts shown before they are taken in. */
const sampleSize = 8

/** Name of what made concepts that come from a file. */
export const importedBy = 'import'

/** What a file of concepts would bring to the open workspace. */
export async function lookAtConcepts(tables: NeuronTables, path: string): Promise<FoundConcepts> {
  return (await findConcepts(tables, path)).found
}

/**
 * Adds the concepts of a file as an explanation of the recording in use. What a person wrote stays above them; of several concepts of a
 * neuron the last one counts.
 */
export async function importConcepts(tables: NeuronTables, path: string): Promise<FoundConcepts> {
  const { found, rows } = await findConcepts(tables, path)
  if (rows.length === 0) {
    throw new SnipError('bad-data', `${basename(path)} names no neuron of the recording in use`, {
      remedy: 'Check that the file was made for this model.',
    })
  }
  const { workspace, evidence } = await tables.data()
  const id = workspace.store.newId()
  const file = `concepts/${id}.jsonl`
  makeFolder(workspace.file('concepts'))
  writeAside(workspace.file('concepts', `${id}.jsonl`), jsonLines(rows.map(conceptOfRow)))
  const after = { recording: evidence.id, explainer: importedBy, file, concepts: rows.length, at: Date.now() }
  await workspace.store.edit(`Imported ${rows.length} concepts from ${basename(path)}`, [
    { kind: 'explanation', key: id, after },
  ])
  return found
}

async function findConcepts(tables: NeuronTables, path: string) {
  const { workspace, evidence } = await tables.data()
  const read = await readConceptsOf(path, { keeps: ({ neuron }) => evidence.rowOf(neuron) !== null })
  const { rows } = read
  const edits = workspace.store.all('concept-edit')
  const found: FoundConcepts = {
    format: read.format,
    concepts: rows.length,
    elsewhere: read.others,
    besidePersons: rows.filter(({ neuron }) => edits.has(neuron)).length,
    rejectedCount: read.rejectedCount,
    rejected: [...read.rejected],
    sample: rows.slice(0, sampleSize),
  }
  return { found, rows }
}

/** The same for the command line: a file of somebody else's concepts becomes concepts.jsonl. */
export async function convertConcepts(path: string, out: string, task: Task): Promise<ConceptRows> {
  refuseOutput(out, conceptSchema, 'concepts')
  const read = await readConceptsOf(path, { task })
  writeAside(out, jsonLines(read.rows.map(conceptOfRow)))
  return read
}

function conceptOfRow({ neuron, text, score, author }: ConceptRow): Concept {
  return {
    neuron,
    text,
    author,
    explainer: importedBy,
    score,
    scoreKind: score === null ? null : `${importedBy}: ${author}`,
    status: 'suggested',
  }
}
