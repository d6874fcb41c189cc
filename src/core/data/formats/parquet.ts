import type { DataFormat } from './format.ts'

/** A Parquet table: one document per row. Binary, so a service reads it. */
export const parquetFormat: DataFormat = {
  id: 'parquet',
  name: 'Parquet',
  extensions: ['.parquet', '.pq'],
  createParser: null,
}
