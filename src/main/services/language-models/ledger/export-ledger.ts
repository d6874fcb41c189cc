import { join } from 'node:path'
import type { LedgerEntry } from '../../../../contract/workbench/ledger.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { fileError, writeAside } from '../../../files/write-aside.ts'
import { ledgerCsv, ledgerJsonl } from './ledger-file.ts'

/** Writes the ledger as a new file of `folder`, named by the time in milliseconds. Throws `disk-full` and the like. */
export function exportLedger(
  folder: string,
  entries: readonly LedgerEntry[],
  format: 'jsonl' | 'csv',
  now: number,
): { readonly path: string; readonly entries: number } {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(':', '')
  const path = join(folder, `requests-${time}.${format}`)
  try {
    makeFolder(folder)
  } catch (error) {
    throw fileError(error, folder, 'write')
  }
  writeAside(path, [format === 'csv' ? ledgerCsv(entries) : ledgerJsonl(entries)])
  return { path, entries: entries.length }
}
