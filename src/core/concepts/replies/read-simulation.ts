import { renderSimulateEcho, shownToken } from '../prompts/simulate-prompt.ts'
import type { SimulationReading } from '../scorers/simulated-score.ts'
import { expectedActivation } from '../scorers/expected-activation.ts'
import type { ChatReply, CompletionReply, TokenLogprobs } from '../language-model.ts'
import { plainReply } from './plain-reply.ts'
import { traceOfText, traceOfTokens } from './token-places.ts'

/** A line of an answer: the number it gives and where in the answer that number begins (UTF-16). */
interface WrittenLine {
  readonly token: string
  readonly number: string
  readonly at: number
}

/**
 * Activations that an answer writes for a sequence, one line a token. The tokens must be repeated as they were shown: an answer that
 * lost its place is no simulation (released code takes all zeros for it, which scores as a prediction).
 * With `fromLogprobs` each value is the expectation over the likeliest numbers at its place, else the number that is written.
 */
export function readWrittenSimulation(
  reply: ChatReply,
  tokens: readonly string[],
  delimiter: string,
  fromLogprobs: boolean,
): SimulationReading {
  const plain = plainReply(reply)
  if (!plain.ok) return plain
  const lines = writtenLines(reply.text, delimiter)
  if (reply.finish === 'length' && lines.length < tokens.length) return failed('the simulation was cut off')
  if (lines.length !== tokens.length) {
    return failed(`the simulation has ${lines.length} tokens where the sequence has ${tokens.length}`)
  }
  if (fromLogprobs && reply.logprobs === null) return failed('the server gives no log probabilities')
  const tokenAt = fromLogprobs ? tokensByPlace(reply.text, reply.logprobs ?? []) : new Map<number, TokenLogprobs>()
  if (tokenAt === null) return failed("the server's tokens do not spell its answer")
  const activations = new Float32Array(tokens.length)
  for (const [i, line] of lines.entries()) {
    if (line.token.trim() !== shownToken(tokens[i]!).trim()) {
      return failed(`the simulation does not repeat token ${i + 1} of the sequence`)
    }
    const value = fromLogprobs ? expectedOf(tokenAt.get(line.at), line.number) : writtenNumber(line.number)
    if (value === null) return failed(`the simulation gives token ${i + 1} no activation from 0 to 10`)
    activations[i] = value
  }
  return { ok: true, activations }
}

/**
 * Expected activations at the places of a prompt that was scored as it stands, one for each token of its sequence. Where they are is told by
 * what the server's tokens spell, never by its offsets.
 */
export function readEchoSimulation(reply: CompletionReply, tokens: readonly string[]): SimulationReading {
  const prompt = renderSimulateEcho('', tokens)
  // The sequence is at the end, and what the concept says comes before it.
  const begin = prompt.text.lastIndexOf('\n<start>\n')
  const sequence = traceOfText(prompt.text.slice(begin))
  const spelled = traceOfTokens(reply.tokens, (letters) => letters.includes(sequence.letters))
  if (!spelled) return failed("the server's tokens do not spell the prompt")
  const first = spelled.letters.lastIndexOf(sequence.letters)
  const letterAt = new Map(sequence.at.map((place, letter) => [place, first + letter]))
  const activations = new Float32Array(tokens.length)
  for (const [i, slot] of prompt.slots.entries()) {
    const letter = letterAt.get(slot - begin)!
    const token = spelled.at[letter]!
    if (spelled.at[letter - 1] === token) {
      return failed(`the server's tokens have none that begins at the activation of token ${i + 1}`)
    }
    // What is no number folds into the place, as in released code: such a token gets 0.
    activations[i] = expectedActivation(reply.tokens[token]!.top) ?? 0
  }
  return { ok: true, activations }
}

function writtenLines(text: string, delimiter: string): WrittenLine[] {
  const lines: WrittenLine[] = []
  const end = text.indexOf('<end>')
  const start = text.indexOf('<start>')
  const from = start >= 0 && (end < 0 || start < end) ? start + '<start>'.length : 0
  let at = from
  for (const line of text.slice(from, end < 0 ? undefined : end).split('\n')) {
    const split = line.lastIndexOf(delimiter)
    if (split >= 0) {
      const rest = line.slice(split + delimiter.length)
      const space = rest.length - rest.trimStart().length
      lines.push({ token: line.slice(0, split), number: rest.trim(), at: at + split + delimiter.length + space })
    }
    at += line.length + 1
  }
  return lines
}

function writtenNumber(text: string): number | null {
  const value = /^\d{1,2}(?:\.\d+)?$/.test(text) ? Number(text) : null
  return value !== null && value <= 10 ? value : null
}

/** The token that holds each printable place of an answer; null where the tokens spell another text. What follows the answer is no part of it. */
function tokensByPlace(text: string, tokens: readonly TokenLogprobs[]): Map<number, TokenLogprobs> | null {
  const written = traceOfText(text)
  const spelled = traceOfTokens(tokens, (letters) => letters.startsWith(written.letters))
  return spelled && new Map(written.at.map((place, letter) => [place, tokens[spelled.at[letter]!]!]))
}

function expectedOf(place: TokenLogprobs | undefined, written: string): number | null {
  if (!place) return null
  const { token, top } = place
  // A vocabulary without a token "10" writes "1" and "0": there a 1 stands for ten.
  const ten = written === '10' && token.trim() === '1'
  return expectedActivation(
    ten ? top.map((item) => (item.token.trim() === '1' ? { ...item, token: '10' } : item)) : top,
  )
}

function failed(reason: string): SimulationReading {
  return { ok: false, reason }
}
