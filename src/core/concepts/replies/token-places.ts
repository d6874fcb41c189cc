import type { TokenLogprobs } from '../language-model.ts'

/**
 * The printable ASCII characters of a text or of tokens, in order, and of each where it stands. Servers agree on these alone: a token that
 * is part of a character comes as bytes, as an escape or as U+FFFD, and offsets count bytes, code points or UTF-16 units.
 */
export interface AsciiTrace {
  readonly letters: string
  /** Of a text the UTF-16 place of each letter, of tokens the index of its token. */
  readonly at: readonly number[]
}

export function traceOfText(text: string): AsciiTrace {
  return traceOf(Array.from(text.matchAll(/[!-~]+/g), ({ 0: run, index }) => ({ run, at: index, step: 1 })))
}

/** Null unless the letters of tokens, as they come or with bytes that are written as escapes left out, satisfy `spell`. */
export function traceOfTokens(
  tokens: readonly Pick<TokenLogprobs, 'token'>[],
  spell: (letters: string) => boolean,
): AsciiTrace | null {
  for (const read of [asItComes, withoutEscapes]) {
    const trace = traceOf(
      tokens.flatMap(({ token }, at) => (read(token).match(/[!-~]+/g) ?? []).map((run) => ({ run, at, step: 0 }))),
    )
    if (spell(trace.letters)) return trace
  }
  return null
}

function traceOf(runs: readonly { readonly run: string; readonly at: number; readonly step: 0 | 1 }[]): AsciiTrace {
  const at: number[] = []
  for (const { run, at: begin, step } of runs) for (let i = 0; i < run.length; i++) at.push(begin + i * step)
  return { letters: runs.map(({ run }) => run).join(''), at }
}

function asItComes(token: string): string {
  return token
}

/** "bytes:\xe0\xbc" and "\xe0\xbc" are parts of characters; what else such a token holds stays. */
function withoutEscapes(token: string): string {
  return /\\x[89a-f][0-9a-f]/i.test(token) ? token.replace(/^bytes:/, '').replace(/\\x[89a-f][0-9a-f]/gi, '') : token
}
