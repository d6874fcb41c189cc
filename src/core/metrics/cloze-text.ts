import { SnipError } from '../../contract/failure.ts'
import type { ClozeQuestion } from '../data/dataset.ts'
import { clozeBlank } from '../data/formats/cbt.ts'

/** A question as one text with one candidate in the blank's place; positions are in UTF-16 units. */
export interface ClozeText {
  readonly text: string
  readonly choiceStart: number
  readonly choiceEnd: number
}

/**
 * One whole text per candidate: the context lines and the query, joined by `join`. The published SNIP code joins with
 * the empty string, so that a sentence's full stop touches the next sentence's first word. Each text is to be tokenized
 * whole: a token may run across the edge of the blank, so token lists must not be put together from pieces.
 */
export function buildClozeTexts(
  question: Pick<ClozeQuestion, 'context' | 'query' | 'candidates'>,
  join: string,
): ClozeText[] {
  const at = question.query.indexOf(clozeBlank)
  if (at < 0) throw new SnipError('bad-data', `The query has no ${clozeBlank}: ${question.query.slice(0, 80)}`)
  const before = [...question.context, question.query.slice(0, at)].join(join)
  const after = question.query.slice(at + clozeBlank.length)
  return question.candidates.map((candidate) => ({
    text: before + candidate + after,
    choiceStart: before.length,
    choiceEnd: before.length + candidate.length,
  }))
}

/**
 * The tokens, [start, end), that hold any part of the characters [choiceStart, choiceEnd). `spans` gives each token's
 * characters; tokens of the tokenizer's template have empty spans and never count. Start equals end when there is none.
 */
export function choiceTokens(
  spans: readonly (readonly [number, number])[],
  choiceStart: number,
  choiceEnd: number,
): { choiceStart: number; choiceEnd: number } {
  let first = -1
  let last = -1
  for (let at = 0; at < spans.length; at++) {
    const [start, end] = spans[at] as readonly [number, number]
    if (start >= choiceEnd || end <= choiceStart || start === end) continue
    if (first < 0) first = at
    last = at
  }
  return first < 0 ? { choiceStart: 0, choiceEnd: 0 } : { choiceStart: first, choiceEnd: last + 1 }
}
