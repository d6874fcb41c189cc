import { SnipError } from '../../../contract/failure.ts'
import { cbtFormat, looksLikeCloze } from './cbt.ts'
import { csvFormat } from './csv.ts'
import type { DataFormat } from './format.ts'
import { jsonFormat } from './json.ts'
import { jsonlFormat } from './jsonl.ts'
import { parquetFormat } from './parquet.ts'
import { tsvFormat } from './tsv.ts'
import { txtFormat } from './txt.ts'

/** Every format of data files. */
export const dataFormats: readonly DataFormat[] = [
  txtFormat,
  csvFormat,
  tsvFormat,
  jsonlFormat,
  jsonFormat,
  parquetFormat,
  cbtFormat,
]

/** The format with this id; 'bad-argument' when there is none. */
export function dataFormatById(id: string): DataFormat {
  const format = dataFormats.find((candidate) => candidate.id === id)
  if (format !== undefined) return format
  throw new SnipError('bad-argument', `There is no data format called ${JSON.stringify(id)}`, {
    remedy: `Use one of: ${dataFormats.map((known) => known.id).join(', ')}.`,
  })
}

/** The format that a file's name announces; plain text for any unknown extension. */
export function dataFormatByName(fileName: string): DataFormat {
  const name = fileName.toLowerCase()
  return dataFormats.find((format) => format.extensions.some((extension) => name.endsWith(extension))) ?? txtFormat
}

/** What a file announced as plain text turns out to be, from the start of its text. */
export function refineTextFormat(head: string): DataFormat {
  return looksLikeCloze(head) ? cbtFormat : txtFormat
}
