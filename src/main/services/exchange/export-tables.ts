import { basename, extname } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { conceptSchema } from '../../../contract/files.ts'
import {
  tableFormatSchema,
  type TableFormat,
  type TableKind,
  type WrittenTable,
} from '../../../contract/workbench/exchange.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readJsonLines, readTextFile } from '../files-of-lines.ts'
import { wholeHistory } from '../neurons/neuron-history.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { evidenceInUse, reviewedConcepts } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { conceptTable, historyTable, rankingTable, type Table } from './table.ts'
import { writeTable } from './write-table.ts'

/** Writes a table of the workspace into its exports folder under a name that is free. */
export async function exportTable(
  session: WorkbenchSession,
  tables: NeuronTables,
  kind: TableKind,
  format: TableFormat,
  ranking: string | null,
): Promise<WrittenTable> {
  const workspace = session.workspace()
  const table = await tableOf(workspace, tables, kind, ranking)
  if (table.rows.length === 0) {
    throw new SnipError('bad-argument', 'There is nothing to write yet', {
      remedy: kind === 'history' ? 'Review some concepts first.' : 'Explain or name some neurons first.',
    })
  }
  makeFolder(workspace.file('exports'))
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
  const name = `${kind}-${stamp}`
  for (let number = 1; ; number++) {
    const path = workspace.file('exports', `${name}${number === 1 ? '' : `-${number}`}.${format}`)
    try {
      return { path, rows: table.rows.length, bytes: await writeTable(table, format, path) }
    } catch (error) {
      if (!(error instanceof SnipError) || error.kind !== 'exists' || number > 99) throw error
    }
  }
}

async function tableOf(
  workspace: OpenWorkspace,
  tables: NeuronTables,
  kind: TableKind,
  ranking: string | null,
): Promise<Table> {
  if (kind === 'concepts') return conceptTable(reviewedConcepts(workspace))
  if (kind === 'history') {
    const data = evidenceInUse(workspace) === null ? null : await tables.data()
    return historyTable(await wholeHistory(workspace, data))
  }
  const document = ranking === null ? null : workspace.store.get('ranking', ranking)
  if (document === null)
    throw new SnipError('not-found', 'There is no such ranking any more', { remedy: 'Choose another.' })
  const path = workspace.file(...document.file.split('/'))
  return rankingTable(parseRanking(readTextFile(path), basename(path)))
}

/** The same for the command line: concepts.jsonl or ranking.jsonl becomes the table that the name of `out` asks for. */
export async function convertTable(path: string, out: string): Promise<WrittenTable> {
  const format = tableFormatSchema.safeParse(extname(out).slice(1).toLowerCase())
  if (!format.success) {
    throw new SnipError('bad-argument', `${out} does not end in .csv, .parquet or .jsonl`, {
      remedy: 'Name the file for what it shall be.',
    })
  }
  const table = isRanking(path)
    ? rankingTable(parseRanking(readTextFile(path), basename(path)))
    : conceptTable(readJsonLines(path, conceptSchema, 'concepts or a ranking'))
  return { path: out, rows: table.rows.length, bytes: await writeTable(table, format.data, out) }
}

function isRanking(path: string): boolean {
  const text = readTextFile(path)
  const first = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'))
  return /^\s*\{[^]*"method"/.test(first) && first.includes('"neuronCount"')
}
