import type { ExplanationReading } from '../explainers/llm-explainer.ts'
import type { ChatReply } from '../language-model.ts'
import { conceptFailureIn, failureIn } from './failure-text.ts'
import { isMostlyLatin, plainReply, withoutMarkdown } from './plain-reply.ts'

/** Characters of the longest explanation: 60 tokens are some 300. */
const longestExplanation = 600

/**
 * The one sentence of a reply that explains a neuron. The lead that the prompt ends with, labels, markdown and quotation marks are taken
 * off. A reply that declines, is the message of an error or markup, names nothing, ends in mid-word, speaks another language or goes on for paragraphs is no explanation: its reason is
 * given instead.
 */
export function readExplanation(reply: ChatReply, lead: string): ExplanationReading {
  const plain = plainReply(reply)
  if (!plain.ok) return plain
  const whole = failureIn(plain.text)
  if (whole !== null) return failed(whole)
  const lines = plain.text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('```'))
  if (lines.length > 4) return failed(`the reply has ${lines.length} lines where one sentence was asked for`)
  const text = sentenceOf(lines, lead)
  const failure = conceptFailureIn(text)
  if (failure !== null) return failed(failure)
  if (!/\p{L}|\p{N}/u.test(text)) return failed('the reply holds no words')
  if (text.length > longestExplanation) return failed(`the sentence is ${text.length} characters long`)
  if (!isMostlyLatin(text)) return failed('the reply is not in English')
  if (reply.finish === 'length' && !/[.!?)"'”’]$/.test(text)) return failed('the sentence was cut off')
  return { ok: true, text }
}

function sentenceOf(lines: readonly string[], lead: string): string {
  let text = withoutMarkdown(lines[0] ?? '')
  // "Here is the explanation:" alone on its line names nothing yet.
  if (text.endsWith(':') && lines[1] !== undefined) text = withoutMarkdown(lines[1])
  text = text.replace(/^(?:(?:sure|certainly|of course|okay)[!,.]\s+)?here(?:'s|’s| is)[^:]{0,80}:\s*(?=\S)/i, '')
  text = text.replace(/^(?:explanation(?: of neuron \d+(?: behavior)?)?|answer|summary)\s*:\s*/i, '')
  const at = text.toLowerCase().indexOf(lead.toLowerCase())
  if (at >= 0) text = text.slice(at + lead.length)
  return withoutMarkdown(
    text
      .replace(/^[\s:,-]+/, '')
      .replace(/\s+/g, ' ')
      .trim(),
  )
}

function failed(reason: string): ExplanationReading {
  return { ok: false, reason }
}
