import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { namelessReviewer, oneLine } from '../../../contract/workbench/call.ts'
import type { WrittenTable } from '../../../contract/workbench/exchange.ts'
import { reviewLineSchema, type ReviewLine } from '../../../contract/workbench/review.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { fileError, writeAside } from '../../files/write-aside.ts'
import { jsonLines } from '../files-of-lines.ts'
import { reviewerOf } from '../neurons/concept-edits.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { ownOpinions } from './opinions.ts'

const format = 'snip-review'
/** Bytes of the largest file that is read: a million neurons with a sentence each. */
const largestFile = 512 * 1024 * 1024
/** Refused lines that are shown. */
const rejectionsShown = 20

/** A reviewer's file, checked line by line. */
export interface ReviewFile {
  /** SHA-256 of its bytes. */
  readonly hash: string
  readonly modelHash: string | null
  readonly lines: readonly ReviewLine[]
  readonly rejectedCount: number
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
}

/**
 * Writes the reviewer's own review into exports/: a line that names the model, then one for each neuron. Throws `bad-argument` where the
 * reviewer gave no name, which is everybody's who gave none.
 */
export async function exportReview(
  session: WorkbenchSession,
  tables: NeuronTables,
  { withNameless = false }: { readonly withNameless?: boolean } = {},
): Promise<WrittenTable> {
  const author = reviewerOf(session)
  if (author === namelessReviewer) {
    throw new SnipError('bad-argument', `A review signed “${namelessReviewer}” could be anybody’s`, {
      remedy: 'Give your name first. What you said before can go along under it.',
    })
  }
  const data = await tables.data()
  const lines = ownOpinions(data, author, withNameless ? namelessReviewer : author)
  if (lines.length === 0) {
    throw new SnipError('bad-argument', `${author} has reviewed nothing yet`, {
      remedy: 'Review some concepts first, or check the name of the reviewer.',
    })
  }
  const { workspace, evidence } = data
  makeFolder(workspace.file('exports'))
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
  const who = author.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40)
  const pathOf = (number: number) =>
    workspace.file('exports', `review-${who}-${stamp}${number === 1 ? '' : `-${number}`}.jsonl`)
  let number = 1
  while (existsSync(pathOf(number))) number++
  const path = pathOf(number)
  const { modelHash } = evidence.recording
  writeAside(path, jsonLines([{ format, version: 1, author, modelHash, neurons: lines.length }, ...lines]))
  return { path, rows: lines.length, bytes: statSync(path).size }
}

/** Reads a reviewer's file. What is no line of a review is left out and listed. Throws `bad-file` when nothing is. */
export function readReviewFile(path: string): ReviewFile {
  const bytes = readBytes(path)
  const texts = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
  const lines: ReviewLine[] = []
  const rejected: { line: number; reason: string }[] = []
  const seen = new Set<string>()
  let rejectedCount = 0
  let modelHash: string | null = null
  for (const [at, text] of texts.entries()) {
    if (text.trim() === '') continue
    const read = readLine(text)
    if ('modelHash' in read) {
      modelHash = read.modelHash
      continue
    }
    const reason =
      'reason' in read ? read.reason : seen.has(read.line.neuron) ? `a second line for ${read.line.neuron}` : null
    if (reason === null && 'line' in read) {
      seen.add(read.line.neuron)
      lines.push(read.line)
      continue
    }
    rejectedCount++
    if (rejected.length < rejectionsShown) rejected.push({ line: at + 1, reason: reason ?? '' })
  }
  if (lines.length === 0) {
    const why = rejected[0] === undefined ? 'it is empty' : `line ${rejected[0].line}: ${rejected[0].reason}`
    throw new SnipError('bad-file', `${basename(path)} is no review: ${why}`, {
      remedy: 'Give a file that "Export my review" wrote.',
    })
  }
  const hash = createHash('sha256').update(bytes).digest('hex')
  return { hash, modelHash, lines, rejectedCount, rejected }
}

function readBytes(path: string): Buffer {
  try {
    const { size } = statSync(path)
    if (size > largestFile) {
      throw new SnipError('bad-file', `${basename(path)} is too large for a review`, {
        remedy: 'Give a file that "Export my review" wrote.',
      })
    }
    return readRegularFile(path)
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}

function readLine(
  text: string,
): { readonly line: ReviewLine } | { readonly modelHash: string | null } | { readonly reason: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { reason: 'this is not JSON' }
  }
  const head = (json ?? {}) as Record<string, unknown>
  if (head['format'] === format) {
    return { modelHash: typeof head['modelHash'] === 'string' ? head['modelHash'] : null }
  }
  const parsed = reviewLineSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}` }
  }
  const author = oneLine(parsed.data.author).trim()
  if (author === '') return { reason: 'author: names nobody' }
  return { line: { ...parsed.data, author } }
}
