import { shownToken } from '../prompts/simulate-prompt.ts'
import type { SimulationReading } from '../scorers/simulated-score.ts'
import { expectedActivation } from '../scorers/expected-activation.ts'
import type { ChatReply, CompletionReply, TokenLogprobs } from '../language-model.ts'
import { plainReply } from './plain-reply.ts'

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
  const starts = fromLogprobs ? tokenStarts(reply.logprobs ?? []) : []
  const activations = new Float32Array(tokens.length)
  for (const [i, line] of lines.entries()) {
    if (line.token.trim() !== shownToken(tokens[i]!).trim()) {
      return failed(`the simulation does not repeat token ${i + 1} of the sequence`)
    }
    const value = fromLogprobs ? expectedAt(reply.logprobs ?? [], starts, line) : writtenNumber(line.number)
    if (value === null) return failed(`the simulation gives token ${i + 1} no activation from 0 to 10`)
    activations[i] = value
  }
  return { ok: true, activations }
}

/** Expected activations at the places of a prompt that was scored as it stands. */
export function readEchoSimulation(reply: CompletionReply, slots: readonly number[]): SimulationReading {
  const byOffset = new Map(reply.tokens.map((token) => [token.offset, token]))
  const activations = new Float32Array(slots.length)
  for (const [i, slot] of slots.entries()) {
    // Some vocabularies join the tab and what follows.
    const token = byOffset.get(slot) ?? byOffset.get(slot - 1)
    if (!token) return failed(`the server's tokens have none that begins at the activation of token ${i + 1}`)
    // What is no number folds into the place, as in released code: such a token gets 0.
    activations[i] = expectedActivation(token.top) ?? 0
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

function tokenStarts(tokens: readonly TokenLogprobs[]): number[] {
  const starts: number[] = []
  let at = 0
  for (const { token } of tokens) {
    starts.push(at)
    at += token.length
  }
  return starts
}

function expectedAt(tokens: readonly TokenLogprobs[], starts: readonly number[], line: WrittenLine): number | null {
  const place = starts.findIndex((start, i) => start <= line.at && line.at < start + tokens[i]!.token.length)
  if (place < 0) return null
  const { token, top } = tokens[place]!
  // A vocabulary without a token "10" writes "1" and "0": there a 1 stands for ten.
  const ten = line.number === '10' && token.trim() === '1'
  return expectedActivation(
    ten ? top.map((item) => (item.token.trim() === '1' ? { ...item, token: '10' } : item)) : top,
  )
}

function failed(reason: string): SimulationReading {
  return { ok: false, reason }
}
