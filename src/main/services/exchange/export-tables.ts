import { basename, extname } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { conceptSchema } from '../../../contract/files.ts'
import {
  tableFormatSchema,
  type TableFormat,
  type TableKind,
  type WrittenTable,
} from '../../../contract/workbench/exchange.ts'
import { isJsonObject, parseJsonText } from '../../../core/data/formats/json-text.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readJsonLines, readTextFile } from '../files-of-lines.ts'
import { wholeHistory } from '../neurons/neuron-history.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { evidenceInUse, reviewedConcepts } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { bothLists } from '../forget-concepts/exchange-lists.ts'
import { wholeListFile } from '../forget-concepts/list-file.ts'
import { conceptTable, forgetConceptTable, historyTable, rankingTable, type Table } from './table.ts'
import { writeTable } from './write-table.ts'

const whatIsFirst: Readonly<Record<TableKind, string>> = {
  concepts: 'Explain or name some neurons first.',
  ranking: 'Rank the neurons first.',
  history: 'Review some concepts first.',
  'forget-and-protected': 'Write a forget concept first, or extract some.',
}

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
      remedy: whatIsFirst[kind],
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
  if (kind === 'forget-and-protected') return forgetConceptTable(bothLists(workspace))
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

/** The same for the command line: concepts.jsonl, forget.jsonl or ranking.jsonl becomes the table that the name of `out` asks for. */
export async function convertTable(path: string, out: string): Promise<WrittenTable> {
  const format = tableFormatSchema.safeParse(extname(out).slice(1).toLowerCase())
  if (!format.success) {
    throw new SnipError('bad-argument', `${out} does not end in .csv, .parquet or .jsonl`, {
      remedy: 'Name the file for what it shall be.',
    })
  }
  const table = tableOfFile(path)
  return { path: out, rows: table.rows.length, bytes: await writeTable(table, format.data, out) }
}

function tableOfFile(path: string): Table {
  const text = readTextFile(path)
  const end = text.indexOf('\n')
  const first = text.slice(0, end < 0 ? undefined : end)
  if (/^\s*\{[^]*"method"/.test(first) && first.includes('"neuronCount"')) {
    return rankingTable(parseRanking(text, basename(path)))
  }
  if (isForgetConcept(first)) return forgetConceptTable(wholeListFile(path, 'forget'))
  return conceptTable(readJsonLines(path, conceptSchema, 'concepts or a ranking'))
}

function isForgetConcept(line: string): boolean {
  const parsed = parseJsonText(line.replace(/^\uFEFF/, '').trim())
  return parsed.ok && isJsonObject(parsed.value) && !('neuron' in parsed.value) && 'extractor' in parsed.value
}
