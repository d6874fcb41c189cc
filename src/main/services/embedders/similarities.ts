import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Embeddings } from '../../../core/ranking/method.ts'
import { decodeFloat64, encodeBulk } from '../../engine-host/client/bulk.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { bytesOf, writeAside } from '../../files/write-aside.ts'
import type { Models } from '../models/models.ts'

/** The greatest cosine of each concept with others. */
export interface GreatestCosines {
  readonly scores: Float64Array
  /** Concepts whose vector is all zeros. */
  readonly zeroRows: readonly number[]
  readonly zeroOthers: readonly number[]
}

/** Matrices that are kept for the next ranking. */
const mostKept = 2

/**
 * Has the engine compute the greatest weight x cosine of each concept: this process goes on meanwhile. Concepts with one text are one
 * row, so that their scores are the same to the last bit.
 */
export async function greatestCosines(
  models: Models,
  cacheFolder: string,
  texts: readonly string[],
  concepts: Embeddings,
  others: Float32Array,
  settings: { readonly weights: readonly number[] | null; readonly startAtZero: boolean },
  signal: AbortSignal,
): Promise<GreatestCosines> {
  const { dims } = concepts
  const rowOf = new Map<string, number>()
  const rows = Uint32Array.from(texts, (text) => {
    const known = rowOf.get(text)
    if (known !== undefined) return known
    rowOf.set(text, rowOf.size)
    return rowOf.size - 1
  })
  const distinct = new Float32Array(rowOf.size * dims)
  for (const [at, row] of rows.entries())
    distinct.set(concepts.vectors.subarray(at * dims, (at + 1) * dims), row * dims)
  const key = createHash('sha256').update(`${dims} `).update(bytesOf(distinct)).digest('hex')
  const file = keepMatrix(cacheFolder, key, distinct)
  const answer = await models.engine.client.similarity(
    {
      matrix: { file, key, rows: rowOf.size, dims },
      columns: encodeBulk(others),
      weights: settings.weights === null ? null : [...settings.weights],
      startAtZero: settings.startAtZero,
    },
    { signal },
  )
  const found = decodeFloat64(answer.scores)
  const zero = new Set(answer.zeroRows)
  return {
    scores: Float64Array.from(rows, (row) => found[row]!),
    zeroRows: [...rows.keys()].filter((at) => zero.has(rows[at]!)),
    zeroOthers: answer.zeroColumns,
  }
}

function keepMatrix(cacheFolder: string, key: string, vectors: Float32Array): string {
  const folder = join(cacheFolder, 'matrices')
  makeFolder(folder)
  const file = join(folder, `${key}.f32`)
  if (existsSync(file) && statSync(file).size === vectors.byteLength) return file
  writeAside(file, [bytesOf(vectors)])
  const old = readdirSync(folder)
    .filter((name) => name.endsWith('.f32') && name !== `${key}.f32`)
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at)
  for (const { name } of old.slice(mostKept - 1)) rmSync(join(folder, name), { force: true })
  return file
}
