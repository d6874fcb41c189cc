import { invariant } from '../../contract/failure.ts'

/** The tokens of one full text (context, query, candidate filled in) and where the candidate's own tokens lie. */
export interface ClozeEncoding {
  readonly ids: ArrayLike<number>
  readonly choiceStart: number
  readonly choiceEnd: number
}

/** What follows the shared prefix for one candidate; `choiceStart` and `choiceEnd` count from the branch's start. */
export interface ClozeBranch {
  readonly ids: Int32Array
  readonly choiceStart: number
  readonly choiceEnd: number
}

/** One question for the engine: a prefix run once, and per candidate a branch that continues it. */
export interface ClozeTask {
  /** At least one token; already trimmed. Its first token has position 0 and no prediction. */
  readonly prefix: Int32Array
  /** In the order of the candidates; none is empty. */
  readonly branches: readonly ClozeBranch[]
  /** Tokens cut from the left of every text. */
  readonly cutTokens: number
}

/** The engine's reply: losses are negative natural logarithms of probabilities. */
export interface ClozeLosses {
  /** Sum over the predicted tokens of the prefix. */
  readonly prefixLossSum: number
  /** Predicted tokens of the prefix: its length - 1. */
  readonly prefixPredicted: number
  /** Per branch the loss of each of its tokens, all of which are predicted. */
  readonly branches: readonly ArrayLike<number>[]
}

export type ClozeLayout =
  | { readonly ok: true; readonly task: ClozeTask }
  | { readonly ok: false; readonly reason: string }

/**
 * Lays out one question. The prefix is what all texts share, but ends where the first candidate's own tokens begin, so
 * that every candidate's tokens lie in its branch. A question longer than the context loses tokens from the left,
 * equally for all candidates, so that the longest fits; at least one prefix token stays.
 *
 * Refused: a candidate without tokens, texts that are all equal (nothing to choose from), a blank that nothing precedes
 * (its first token has no prediction), and branches that leave no room for a prefix. Some equal candidates are no
 * reason: they score the same, and ties go to the earlier.
 */
export function layoutCloze(encodings: readonly ClozeEncoding[], contextLength: number): ClozeLayout {
  invariant(contextLength >= 2, `a context holds at least 2 tokens, not ${contextLength}`)
  const first = encodings[0]
  if (first === undefined || encodings.length < 2) return refuse('there are no candidates to choose from')
  let shared = sharedPrefix(encodings)
  if (encodings.every(({ ids }) => ids.length === shared)) return refuse('all candidates give the same text')
  for (const [candidate, { choiceStart, choiceEnd }] of encodings.entries()) {
    if (choiceEnd <= choiceStart) return refuse(`candidate ${candidate + 1} has no tokens`)
    shared = Math.min(shared, choiceStart)
  }
  if (shared === 0) return refuse('nothing precedes the blank')
  let longest = 0
  for (const { ids } of encodings) longest = Math.max(longest, ids.length)
  const cutTokens = Math.max(0, longest - contextLength)
  if (cutTokens >= shared) {
    return refuse(
      `the ${longest - shared} tokens from the blank on leave no room in a context of ${contextLength} tokens`,
    )
  }
  return {
    ok: true,
    task: {
      prefix: slice(first.ids, cutTokens, shared),
      branches: encodings.map(({ ids, choiceStart, choiceEnd }) => ({
        ids: slice(ids, shared, ids.length),
        choiceStart: choiceStart - shared,
        choiceEnd: choiceEnd - shared,
      })),
      cutTokens,
    },
  }
}

function sharedPrefix(encodings: readonly ClozeEncoding[]): number {
  const first = (encodings[0] as ClozeEncoding).ids
  let shared = first.length
  for (const { ids } of encodings) {
    let at = 0
    while (at < shared && at < ids.length && ids[at] === first[at]) at += 1
    shared = at
  }
  return shared
}

function slice(ids: ArrayLike<number>, start: number, end: number): Int32Array {
  const part = new Int32Array(end - start)
  for (let at = start; at < end; at++) part[at - start] = ids[at] as number
  return part
}

function refuse(reason: string): ClozeLayout {
  return { ok: false, reason }
}
