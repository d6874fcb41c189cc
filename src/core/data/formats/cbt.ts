import type { ClozeQuestion, Rejection } from '../dataset.ts'
import type { DataFormat, TextParser } from './format.ts'
import { createLineSplitter } from './lines.ts'

/** The word that stands for the missing one. */
export const clozeBlank = 'XXXXX'
const contextLines = 20
const candidateCount = 10

/**
 * Children's Book Test (Hill, Bordes, Chopra, Weston 2015, arXiv:1511.02301): blocks of 20 numbered context lines and
 * a line 21 `query TAB answer TAB TAB ten|candidates`, with blank lines between. Told from plain text by its content.
 */
export const cbtFormat: DataFormat = {
  id: 'cbt',
  name: "Children's Book Test",
  extensions: [],
  createParser: () => createClozeParser(),
}

/** True when the start of a text reads as cloze questions: numbered lines, with a line 21 that has tabs and bars. */
export function looksLikeCloze(head: string): boolean {
  const lines = head.split('\n').slice(0, 400)
  let filled = 0
  let numbered = 0
  let queries = 0
  for (const line of lines) {
    if (line.trim() === '') continue
    filled++
    if (/^\d{1,2} /.test(line)) numbered++
    if (/^21 [^\t]*\t[^\t]*\t.*\|/.test(line)) queries++
  }
  return queries > 0 && numbered * 10 >= filled * 9
}

interface NumberedLine {
  readonly line: number
  readonly text: string
}

export function createClozeParser(): TextParser {
  const questions: { line: number; question: ClozeQuestion }[] = []
  const rejected: Rejection[] = []
  let block: NumberedLine[] = []
  let index = 0

  function finishBlock(): void {
    const first = block[0]
    if (first === undefined) return
    index++
    const parsed = parseBlock(block, index)
    if ('reason' in parsed) rejected.push({ line: parsed.line, reason: `question ${index}: ${parsed.reason}` })
    else questions.push({ line: first.line, question: parsed })
    block = []
  }

  const splitter = createLineSplitter((text, line) => {
    if (text.trim() === '') return finishBlock()
    // A missing blank line must not cost the next question.
    if (text.startsWith('1 ') && block.some((earlier) => earlier.text.startsWith('21 '))) finishBlock()
    block.push({ line, text })
  })

  return {
    push: (text) => splitter.push(text),
    end() {
      splitter.end()
      finishBlock()
      return { kind: 'cloze', questions, rejected }
    },
  }
}

function parseBlock(block: readonly NumberedLine[], index: number): ClozeQuestion | Rejection {
  const texts: string[] = []
  for (const [position, { line, text }] of block.entries()) {
    const match = /^(\d+)(?: (.*))?$/s.exec(text)
    const number = match?.[1]
    if (number === undefined) return { line, reason: 'a line without a number' }
    if (Number(number) !== position + 1) {
      return { line, reason: `line number ${number} where ${position + 1} is due` }
    }
    texts.push(match?.[2] ?? '')
  }
  const last = block.at(-1)
  const line = last?.line ?? 1
  if (texts.length !== contextLines + 1) {
    return { line, reason: `${texts.length} lines where ${contextLines + 1} are due` }
  }
  const [query = '', answer = '', ...rest] = (texts[contextLines] ?? '').split('\t')
  const candidates = (rest.at(-1) ?? '').split('|').map((candidate) => candidate.trim())
  const blanks = query.split(clozeBlank).length - 1
  if (blanks === 0) return { line, reason: `no ${clozeBlank} in the query` }
  if (blanks > 1) return { line, reason: `${blanks} times ${clozeBlank} in the query` }
  if (answer.trim() === '') return { line, reason: 'no answer' }
  if (rest.length === 0) return { line, reason: 'no candidates' }
  if (candidates.length !== candidateCount) {
    return { line, reason: `${candidates.length} candidates where ${candidateCount} are due` }
  }
  if (candidates.includes('')) return { line, reason: 'an empty candidate' }
  if (!candidates.includes(answer.trim())) return { line, reason: 'the answer is not among the candidates' }
  return { index, context: texts.slice(0, contextLines), query, answer: answer.trim(), candidates }
}

/** A question as a document: its context and its query with the answer in place, one line each. */
export function clozeDocumentText(question: ClozeQuestion): string {
  return [...question.context, question.query.replace(clozeBlank, () => question.answer)].join('\n')
}
