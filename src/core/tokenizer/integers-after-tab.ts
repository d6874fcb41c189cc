import { SnipError } from '../../contract/failure.ts'
import type { Tokenizer } from './tokenizer.ts'

/** How a vocabulary writes the whole numbers from 0 to 10 behind a tab. */
export interface IntegerTokens {
  /** The numbers that are told apart: 0 to 9, and 10 where it is one token. */
  readonly integers: readonly { readonly text: string; readonly id: number }[]
  /**
   * Characters before the number at which its token begins: 1 where the tab is a part of it. A vocabulary that writes 10 as 1 and 0 has no
   * token for it: what it expects of 10 counts as 1.
   */
  readonly before: 0 | 1
}

const stem = 'a\t'

/** Throws `bad-model` where the digits cannot be told apart by their first token. */
export function integersAfterTab(tokenizer: Tokenizer, name: string): IntegerTokens {
  const integers: { text: string; id: number }[] = []
  let before: 0 | 1 | null = null
  let head: string | null = null
  for (let integer = 0; integer <= 10; integer++) {
    const text = String(integer)
    const { ids, spans } = tokenizer.encodeWithSpans(stem + text)
    const first = spans.findIndex(([, end]) => end > stem.length)
    const start = spans[first]?.[0]
    const id = ids[first]
    if (id === undefined || start === undefined || start < stem.length - 1 || tokenizer.isSpecial(id)) {
      throw refusal(name, text)
    }
    const offset = start === stem.length ? 0 : 1
    const path = ids.slice(0, first).join()
    before ??= offset
    head ??= path
    if (offset !== before || path !== head) throw refusal(name, text)
    const count = ids.length - first
    if (integer === 10) {
      if (count === 1) integers.push({ text, id })
    } else if (count !== 1) throw refusal(name, text)
    else integers.push({ text, id })
  }
  if (new Set(integers.map(({ id }) => id)).size < integers.length) throw refusal(name, '0 to 10')
  return { integers, before: before ?? 0 }
}

function refusal(name: string, text: string): SnipError {
  return new SnipError('bad-model', `The vocabulary of ${name} does not tell ${text} by one token after a tab`, {
    remedy: 'Score with detection or fuzzing, or with another model.',
  })
}
