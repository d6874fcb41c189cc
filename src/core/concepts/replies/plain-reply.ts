import type { ChatReply } from '../language-model.ts'
import { beginsWithRefusal, refusedReason } from './failure-text.ts'
import { withoutUnseen } from './reply-characters.ts'
import { withoutTurnMarks } from './turn-marks.ts'

/** Characters of a reply that are read at all: the longest list asked for takes a tenth of it. */
export const longestReplyRead = 100_000

export type PlainReply = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

/**
 * The text of a reply, or why it holds no answer: refused, empty, too long. Reasoning between `<think>` tags, marks of
 * chat templates and characters that nobody sees are dropped. What a reply says is data: nothing in it is ever followed.
 */
export function plainReply(reply: ChatReply): PlainReply {
  if (reply.finish === 'refused') return refused
  if (reply.text.length > longestReplyRead) {
    return failed(`the reply is ${reply.text.length} characters long, far more than was asked for`)
  }
  const said = withoutUnseen(reply.text).replace(/<think>[\s\S]*?(?:<\/think>|$)/g, '')
  const text = withoutTurnMarks(said).trim()
  if (text === '')
    return failed(reply.finish === 'length' ? 'the reply was cut off before it began' : 'the reply is empty')
  if (beginsWithRefusal(text)) return refused
  return { ok: true, text }
}

const refused = { ok: false, reason: refusedReason } as const

/** True when most letters of a text are Latin: the prompts are in English and so should the answers be, and more than the script is not told. */
export function isMostlyLatin(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0
  return letters === 0 || latin / letters >= 0.5
}

/** A line without markdown: emphasis, code marks, heading and quote marks, and quotation marks around the whole. */
export function withoutMarkdown(line: string): string {
  let text = line.replace(/^\s*(?:#{1,6}\s+|>\s*)+/, '').trim()
  text = text.replace(/\*\*(.+?)\*\*/g, '$1').replace(/__(.+?)__/g, '$1')
  const wrapped = /^(?:"([^"]*)"|“([^”]*)”|`([^`]*)`|\*([^*]*)\*|_([^_]*)_)([.]?)$/.exec(text)
  if (wrapped) text = (wrapped[1] ?? wrapped[2] ?? wrapped[3] ?? wrapped[4] ?? wrapped[5] ?? '').trim()
  return text
}

function failed(reason: string): PlainReply {
  return { ok: false, reason }
}
