import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerAmount } from '../../../../contract/workbench/answers.ts'
import { breathe } from '../../breathe.ts'

interface AnswerFile {
  readonly path: string
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly keptAt: number
}

/** Files looked at without letting others in: a few milliseconds. */
const filesTogether = 300

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

/** Deletes all answers of a folder. One that another process takes away meanwhile is not counted. */
export async function clearAnswers(folder: string): Promise<AnswerAmount> {
  let answers = 0
  let bytes = 0
  for await (const file of answerFiles(folder)) {
    rmSync(file.path, { force: true })
    answers++
    bytes += file.bytes
  }
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
  files.sort((a, b) => a.keptAt - b.keptAt || (a.path < b.path ? -1 : 1))
  let gone = 0
  for (; bytes > mostBytes && gone < files.length; gone++) {
    rmSync(files[gone]!.path, { force: true })
    bytes -= files[gone]!.bytes
    if (gone % filesTogether === 0) await breathe()
  }
  return { answers: files.length - gone, bytes }
}

/** The answers of a folder, which lie in parts by the beginning of their hash. Anything else that lies there is passed over. */
async function* answerFiles(folder: string): AsyncGenerator<AnswerFile> {
  let looked = 0
  for (const part of namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue
    for (const name of namesIn(join(folder, part))) {
      if (++looked % filesTogether === 0) await breathe()
      const found = /^[0-9a-f]{64}\.json(\.\d+)?$/.exec(name)
      if (found === null) continue
      const path = join(folder, part, name)
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat?.isFile() !== true) continue
      if (found[1] === undefined) yield { path, bytes: stat.size, keptAt: stat.mtimeMs }
      else if (Date.now() - stat.mtimeMs > staleMs) rmSync(path, { force: true })
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Not there yet, or no folder: it holds no answers.
    return []
  }
}
