import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { forgetConceptSchema, type ForgetConcept } from '../../../contract/files.ts'
import type { ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import type { RowsOfFile } from '../../../core/exchange/concept-row.ts'
import {
  besideKnown,
  readForgetConcepts,
  type ForgetConceptRow,
  type GivenForgetConcept,
} from '../../../core/exchange/read-forget-concepts.ts'
import { readWholeText } from '../exchange/read-concepts-of.ts'
import { readJsonLines } from '../files-of-lines.ts'

/** Bytes of the largest list that is read. */
const longestList = 16 * 1024 * 1024

/** A list that somebody handed over, with the SHA-256 of its text. What names no side is of `side`. Throws `bad-data`. */
export function readListFile(
  path: string,
  side: ConceptSide,
): RowsOfFile<GivenForgetConcept> & { readonly hash: string } {
  const text = readWholeText(
    path,
    'Check that it is the right file: a list of 10,000 concepts takes some 2 MB.',
    longestList,
  )
  const hash = createHash('sha256').update(text).digest('hex')
  return { ...readForgetConcepts(text, basename(path), side), hash }
}

/** Every concept of a list, so that none is lost unseen. Throws `bad-file` naming the first line that is none. */
export function wholeListFile(path: string, side: ConceptSide): ForgetConceptRow[] {
  const { rows, rejected } = readListFile(path, side)
  const [first] = rejected
  if (first === undefined) return rows.map((row) => besideKnown(row, null))
  throw new SnipError('bad-file', `${basename(path)}, line ${first.line}: ${first.reason}`, {
    remedy: 'Give a file of forget concepts.',
  })
}

/**
 * The concepts of a forget.jsonl that count: those of a side that are switched on. Throws `bad-file` naming the line, and `bad-data` when
 * it holds concepts of which none counts.
 */
export function conceptsThatCount(path: string, side: ConceptSide): ForgetConcept[] {
  const all = readJsonLines(path, forgetConceptSchema, `${side} concepts`)
  const counting = all.filter((one) => (one.side ?? side) === side && one.enabled !== false)
  if (all.length === 0 || counting.length > 0) return counting
  throw new SnipError('bad-data', `${basename(path)} holds no ${side} concept that is switched on`, {
    remedy: 'Give another file, or switch one of its concepts on.',
  })
}

/** A concept of a list as a line of forget.jsonl. */
export function lineOfConcept({ source, ...rest }: ForgetConceptRow): ForgetConcept {
  const { side, text, weight, enabled, ...from } = rest
  return { text, weight, extractor: source, side, enabled, ...from }
}
