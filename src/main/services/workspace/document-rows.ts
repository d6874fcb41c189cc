import { checkStored } from './check-document.ts'
import type { Stored } from './document-mirror.ts'
import type { DocumentKind } from './documents.ts'
import type { EditEntry } from './edit-log.ts'
import type { Query, WorkspaceDatabase } from './workspace-database.ts'

/** One document as it shall stand; null where it shall be no more. */
export interface Write {
  readonly kind: DocumentKind
  readonly key: string
  readonly to: Stored | null
}

/** The documents of one write: with a value those that come or change, without one those that go. */
const writtenSql = 'CREATE OR REPLACE TEMP TABLE written(kind VARCHAR, key VARCHAR, value VARCHAR, created BIGINT)'
/** A document keeps its number as long as it is there: by that alone most of the table need not be read. */
const deleteSql =
  'DELETE FROM documents USING written WHERE documents.created = written.created AND documents.kind = written.kind AND documents.key = written.key'
const insertSql = 'INSERT INTO documents SELECT kind, key, value, created FROM written WHERE value IS NOT NULL'

/** All documents in order of creation. Throws `bad-file` naming a damaged one. */
export async function readDocuments(database: WorkspaceDatabase): Promise<Write[]> {
  const rows = await database.query(
    'SELECT kind, key, value::VARCHAR AS value, created::DOUBLE AS created FROM documents ORDER BY created',
  )
  return rows.map(({ kind, key, value, created }) => {
    const checked = checkStored(String(kind), String(key), String(value))
    return { ...checked, to: { value: checked.value, created: Number(created) } }
  })
}

/** All edits in order, without what they made of documents. */
export async function readEdits(database: WorkspaceDatabase): Promise<EditEntry[]> {
  const edits = await database.query(
    'SELECT seq::DOUBLE AS seq, made::DOUBLE AS made, author, label, touched::VARCHAR AS touched, undone, superseded FROM edits ORDER BY seq',
  )
  return edits.map((edit) => ({
    seq: Number(edit['seq']),
    at: Number(edit['made']),
    author: String(edit['author']),
    label: String(edit['label']),
    touched: JSON.parse(String(edit['touched'])) as string[],
    undone: edit['undone'] === true,
    superseded: edit['superseded'] === true,
  }))
}

/** Writes documents, and what belongs to the same transaction. `numberOf` gives their numbers in the order of creation. */
export async function writeDocuments(
  database: WorkspaceDatabase,
  writes: readonly Write[],
  numberOf: (write: Write) => number | null,
  alongside: (query: Query) => Promise<void>,
): Promise<void> {
  const rows = writes.map((write) => {
    const created = numberOf(write)
    const value = write.to === null ? null : JSON.stringify(write.to.value)
    return [write.kind, write.key, value, created === null ? null : BigInt(created)]
  })
  await database.transaction(async (query, append) => {
    if (rows.length > 0) {
      await query(writtenSql)
      await append('written', rows)
      await query(deleteSql)
      await query(insertSql)
      await query('DROP TABLE written')
    }
    await alongside(query)
  })
}
