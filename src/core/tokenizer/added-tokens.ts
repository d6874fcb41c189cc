import type { AddedTokenSpec } from './tokenizer-json.ts'

/** A part of a text: plain, or an added token. */
export interface TextSection {
  readonly start: number
  readonly end: number
  readonly token: AddedTokenSpec | null
}

interface TrieNode {
  readonly children: Map<number, TrieNode>
  token: AddedTokenSpec | null
}

/** Whether an added token may stand from `start` to `end`; where it may not, its characters are plain text. */
export type AddedTokenCheck = (token: AddedTokenSpec, start: number, end: number) => boolean

/** A function that finds added tokens in a text: the leftmost, and of those the longest. */
export type AddedTokenSplitter = (text: string, isAllowed?: AddedTokenCheck) => TextSection[]

const WHITESPACE = /^\p{White_Space}$/u
const WORD_CHARACTER = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u

/** @param contents each token with the text to look for (its content, or its content after normalizing). */
export function createAddedTokenSplitter(contents: readonly (readonly [string, AddedTokenSpec])[]): AddedTokenSplitter {
  const root: TrieNode = { children: new Map(), token: null }
  for (const [content, token] of contents) {
    if (content === '') continue
    let node = root
    for (let i = 0; i < content.length; i++) {
      const unit = content.charCodeAt(i)
      let child = node.children.get(unit)
      if (child === undefined) node.children.set(unit, (child = { children: new Map(), token: null }))
      node = child
    }
    node.token = token
  }
  const longestAt = (text: string, start: number): { token: AddedTokenSpec; end: number } | null => {
    let found: { token: AddedTokenSpec; end: number } | null = null
    let node = root.children.get(text.charCodeAt(start))
    for (let i = start + 1; node !== undefined; i++) {
      if (node.token !== null) found = { token: node.token, end: i }
      node = i < text.length ? node.children.get(text.charCodeAt(i)) : undefined
    }
    return found
  }

  return (text, isAllowed) => {
    const sections: TextSection[] = []
    let plainStart = 0
    for (let i = 0; root.children.size > 0 && i < text.length;) {
      const match = longestAt(text, i)
      if (match === null || isAllowed?.(match.token, i, match.end) === false) {
        i += 1
        continue
      }
      const { token } = match
      const matchEnd = match.end
      let start = i
      let end = matchEnd
      i = matchEnd
      if (token.singleWord && (isWordBefore(text, start) || isWordAfter(text, end))) continue
      // A neighbour that strips may already have taken this far.
      if (start < plainStart) start = plainStart
      while (token.lstrip && start > plainStart && WHITESPACE.test(text.charAt(start - 1))) start -= 1
      while (token.rstrip && end < text.length && WHITESPACE.test(text.charAt(end))) end += 1
      if (start > plainStart) sections.push({ start: plainStart, end: start, token: null })
      sections.push({ start, end, token })
      plainStart = end
    }
    if (plainStart < text.length) sections.push({ start: plainStart, end: text.length, token: null })
    return sections
  }
}

function isWordBefore(text: string, index: number): boolean {
  const start = index >= 2 && (text.codePointAt(index - 2) ?? 0) > 0xffff ? index - 2 : index - 1
  return start >= 0 && WORD_CHARACTER.test(text.slice(start, index))
}

function isWordAfter(text: string, index: number): boolean {
  const code = text.codePointAt(index)
  return code !== undefined && WORD_CHARACTER.test(String.fromCodePoint(code))
}
