import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { bytesOf, fileError, syncFolder } from '../../files/write-aside.ts'
import { takeWriterLock, type WriterLock } from '../jobs/writer-lock.ts'
import { throwIfCancelled, type Task } from '../task.ts'
import type { VectorBlock } from './text-embedder.ts'

/** A file of vectors: little-endian f32, row after row. */
export interface MatrixFile {
  readonly file: string
  /** Tells its content from any other. */
  readonly key: string
  readonly rows: number
  readonly dims: number
}

/** Matrices that are kept for the next rankings. */
const mostKept = 2
const lookAgainMs = 200
/** How long another process that writes a matrix is waited for. */
const mostWaits = 1500

/** Gives a matrix that is kept already, or has it written from blocks of vectors; rows that they leave are zeros. */
export async function keepMatrix(
  cacheFolder: string,
  wanted: Omit<MatrixFile, 'file'>,
  blocks: () => AsyncIterable<VectorBlock>,
  task: Task,
): Promise<MatrixFile> {
  const folder = join(cacheFolder, 'matrices')
  makeFolder(folder)
  const name = `${wanted.key}.${wanted.dims}.f32`
  const matrix = { ...wanted, file: join(folder, name) }
  if (isWhole(matrix)) return matrix
  const begun = await begin(blocks())
  const lock = await waitForLock(join(folder, 'writer.lock'), task)
  try {
    if (isWhole(matrix)) return matrix
    makeRoom(folder, name)
    await writeMatrix(matrix, begun, task)
    return matrix
  } finally {
    lock.release()
  }
}

/** Whether the matrix is there. It is the last to go then. */
function isWhole({ file, rows, dims }: MatrixFile): boolean {
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts?.isFile() || facts.size !== rows * dims * 4) return false
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch {
    // A cache that may only be read is one, too.
  }
  return true
}

/** Blocks the first of which is there: what must be asked of a server is asked before others are made to wait. */
async function begin(blocks: AsyncIterable<VectorBlock>): Promise<AsyncIterable<VectorBlock>> {
  const iterator = blocks[Symbol.asyncIterator]()
  const first = await iterator.next()
  return {
    async *[Symbol.asyncIterator]() {
      if (first.done) return
      yield first.value
      yield* { [Symbol.asyncIterator]: () => iterator }
    },
  }
}

async function waitForLock(path: string, task: Task): Promise<WriterLock> {
  for (let waits = 0; ; waits++) {
    throwIfCancelled(task)
    try {
      return takeWriterLock(path, 'vectors of concepts')
    } catch (error) {
      if (!(error instanceof SnipError) || error.kind !== 'busy' || waits === mostWaits) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
}

/** Removes what killed processes left half-written, and all matrices but the newest, so that there is room for one more. */
function makeRoom(folder: string, name: string): void {
  const files = readdirSync(folder).filter((one) => /\.f32(\.partial)?$/.test(one))
  const kept = files
    .filter((one) => one.endsWith('.f32') && one !== name)
    .map((one) => ({ one, at: statSync(join(folder, one)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, mostKept - 1)
    .map(({ one }) => one)
  for (const one of files) if (!kept.includes(one)) rmSync(join(folder, one), { force: true, recursive: true })
}

/** Writes aside, so that the matrix is there whole or not at all, and without holding this process up. */
async function writeMatrix(
  { file, rows, dims }: MatrixFile,
  blocks: AsyncIterable<VectorBlock>,
  task: Task,
): Promise<void> {
  const aside = `${file}.partial`
  const size = rows * dims * 4
  try {
    const handle = await open(aside, 'wx')
    try {
      let done = 0
      for await (const { dims: width, vectors } of blocks) {
        const bytes = bytesOf(vectors)
        if (width !== dims || done + bytes.length > size) {
          throw new SnipError('internal', `Vectors of ${width} numbers came for a matrix of ${rows} x ${dims}`)
        }
        for (let from = 0; from < bytes.length;) {
          from += (await handle.write(bytes, from, bytes.length - from, done + from)).bytesWritten
        }
        done += bytes.length
        task.report({ stage: 'Gathering vectors', done: done / dims / 4, total: rows, unit: 'texts' })
        throwIfCancelled(task)
      }
      await handle.truncate(size)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(aside, file)
    syncFolder(join(file, '..'))
  } catch (error) {
    await rm(aside, { force: true })
    throw fileError(error, file, 'write')
  }
}
