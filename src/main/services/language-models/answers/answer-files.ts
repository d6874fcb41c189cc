import { lstatSync, readdirSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { AnswerAmount } from '../../../../contract/workbench/answers.ts'
import { fileError } from '../../../files/write-aside.ts'
import { breathe } from '../../breathe.ts'

interface AnswerFile {
  readonly path: string
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly keptAt: number
}

/** Milliseconds of looking at files without letting others in. */
const longestLook = 5

/** Files deleted together, in other threads: a busy disk takes milliseconds for each. */
const filesTogether = 64

/** Parts of the time in which answers were kept. */
const timeSpans = 1000

/** What was not yet moved into its place after so long never will be. */
const staleMs = 3_600_000

/** How many answers a folder holds, and their bytes. */
export async function countAnswers(folder: string): Promise<AnswerAmount> {
  let answers = 0
  let bytes = 0
  for await (const file of answerFiles(folder)) {
    answers++
    bytes += file.bytes
  }
  return { answers, bytes }
}

/** Deletes all answers of a folder. Throws what the disk says where one cannot be deleted. */
export async function clearAnswers(folder: string): Promise<AnswerAmount> {
  let answers = 0
  let bytes = 0
  let waiting: string[] = []
  for await (const file of answerFiles(folder)) {
    waiting.push(file.path)
    answers++
    bytes += file.bytes
    if (waiting.length < filesTogether) continue
    await remove(waiting)
    waiting = []
  }
  await remove(waiting)
  return { answers, bytes }
}

/** Deletes the oldest answers until the rest takes at most so many bytes. */
export async function keepNewest(folder: string, mostBytes: number): Promise<AnswerAmount> {
  const files: AnswerFile[] = []
  let bytes = 0
  for await (const file of answerFiles(folder)) {
    files.push(file)
    bytes += file.bytes
  }
  const oldest = oldestOf(files, bytes - mostBytes)
  let gone = 0
  for (; bytes > mostBytes && gone < oldest.length; gone++) bytes -= oldest[gone]!.bytes
  for (let first = 0; first < gone; first += filesTogether) {
    await remove(oldest.slice(first, Math.min(first + filesTogether, gone)).map(({ path }) => path))
  }
  return { answers: files.length - gone, bytes }
}

/** The oldest files that have so many bytes together, and some more, in order: to sort all of very many would hold this process up. */
function oldestOf(files: readonly AnswerFile[], wantedBytes: number): AnswerFile[] {
  let first = Infinity
  let last = -Infinity
  for (const { keptAt } of files) {
    first = Math.min(first, keptAt)
    last = Math.max(last, keptAt)
  }
  const spanOf = ({ keptAt }: AnswerFile) => Math.floor(((keptAt - first) / (last - first + 1)) * timeSpans)
  const bytesIn = new Float64Array(timeSpans)
  for (const file of files) bytesIn[spanOf(file)]! += file.bytes
  let end = 0
  for (let sum = 0; sum < wantedBytes && end < timeSpans; end++) sum += bytesIn[end]!
  return files.filter((file) => spanOf(file) < end).sort((a, b) => a.keptAt - b.keptAt || (a.path < b.path ? -1 : 1))
}

/** The answers of a folder, which lie in parts by the beginning of their hash. Anything else that lies there is passed over. */
async function* answerFiles(folder: string): AsyncGenerator<AnswerFile> {
  let began = performance.now()
  for (const part of namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue
    for (const name of namesIn(join(folder, part))) {
      if (performance.now() - began > longestLook) {
        await breathe()
        began = performance.now()
      }
      const found = /^[0-9a-f]{64}\.json(\.\d+)?$/.exec(name)
      if (found === null) continue
      const path = join(folder, part, name)
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat?.isFile() !== true) continue
      if (found[1] === undefined) yield { path, bytes: stat.size, keptAt: stat.mtimeMs }
      else if (Date.now() - stat.mtimeMs > staleMs) await remove([path])
    }
  }
}

/** One that is gone already is as good. */
async function remove(paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      try {
        await unlink(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, path, 'write')
      }
    }),
  )
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Not there yet, or no folder: it holds no answers.
    return []
  }
}
