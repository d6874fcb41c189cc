import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { SnipError } from '../../../contract/failure.ts'
import { field, isObject } from '../../../core/tokenizer/tokenizer-json.ts'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A chat as text for the tokenizer, and the places [start, end) of what people and data said in it, in order. */
export interface RenderedChat {
  readonly text: string
  readonly contents: readonly (readonly [number, number])[]
}

/** Texts of tokens that templates name: `bos_token`, `eos_token` and the like. */
export type NamedTokens = Readonly<Record<string, string>>

/** Published templates take up to some 20,000 characters. */
const longestTemplate = 128 * 1024
/** Characters that a template may put around messages, and in any text on the way. */
const longestText = 256 * 1024
/** Nodes of the template that may be computed: published ones take some thousands for a chat like ours. */
const mostSteps = 50_000
const mostItems = 1000

/**
 * The chat template of a tokenizer_config.json: a string, or the one named `default` of a list. Null where there is none.
 * Throws `bad-model`.
 */
export function chatTemplateOf(tokenizerConfig: unknown): string | null {
  if (!isObject(tokenizerConfig)) return null
  const value = field(tokenizerConfig, 'chat_template')
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) throw bad('is neither a text nor a list')
  for (const one of value as unknown[]) {
    if (!isObject(one) || field(one, 'name') !== 'default') continue
    const template = field(one, 'template')
    if (typeof template === 'string') return template
  }
  throw bad("is a list without one named 'default'")
}

/** The tokens that a tokenizer_config.json names. */
export function namedTokensOf(tokenizerConfig: unknown): NamedTokens {
  const tokens: Record<string, string> = {}
  if (!isObject(tokenizerConfig)) return tokens
  for (const name of ['bos_token', 'eos_token', 'unk_token', 'pad_token']) {
    const value = field(tokenizerConfig, name)
    const content = isObject(value) ? field(value, 'content') : value
    if (typeof content === 'string') tokens[name] = content
  }
  return tokens
}

/**
 * Renders a chat up to where the answer begins. The template, which is untrusted, sees a mark in place of each message's content and never the
 * content, so that nothing that is said can act on it. A template that takes no system message gets it before the first question.
 * Contents stand as they are, also where a template would trim them. Throws `bad-model`.
 */
export function renderChat(template: string, messages: readonly ChatMessage[], tokens: NamedTokens): RenderedChat {
  if (template.length > longestTemplate) throw bad(`is longer than ${longestTemplate} characters`)
  const first = attempt(template, messages, tokens)
  if (first.ok) return first.chat
  const joined = withoutSystem(messages)
  const second = joined === null ? first : attempt(template, joined, tokens)
  if (second.ok) return second.chat
  throw bad(first.reason)
}

type Attempt = { readonly ok: true; readonly chat: RenderedChat } | { readonly ok: false; readonly reason: string }

function attempt(template: string, messages: readonly ChatMessage[], tokens: NamedTokens): Attempt {
  let rendered: string
  try {
    rendered = render(template, messages, tokens)
  } catch (error) {
    if (error instanceof SnipError) throw error
    const why = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: `cannot be followed: ${JSON.stringify(why.slice(0, 300))}` }
  }
  let text = ''
  const contents: [number, number][] = []
  let from = 0
  for (const [at, { content }] of messages.entries()) {
    const mark = markOf(at)
    const place = rendered.indexOf(mark, from)
    if (place < 0 || rendered.indexOf(mark) !== place || rendered.includes(mark, place + 1)) {
      return { ok: false, reason: `does not write message ${at + 1} once and in its turn` }
    }
    text += rendered.slice(from, place)
    contents.push([text.length, text.length + content.length])
    text += content
    from = place + mark.length
  }
  return { ok: true, chat: { text: text + rendered.slice(from), contents } }
}

/** Letters and digits alone, which no filter changes, and none begins another. */
function markOf(message: number): string {
  return `SNIPcontentOFmessage${message}END`
}

function render(template: string, messages: readonly ChatMessage[], tokens: NamedTokens): string {
  const environment = new Environment()
  const globals: Record<string, unknown> = {
    ...Object.fromEntries(['true', 'True'].map((name) => [name, true])),
    ...Object.fromEntries(['false', 'False'].map((name) => [name, false])),
    ...Object.fromEntries(['none', 'None'].map((name) => [name, null])),
    raise_exception: (why: unknown) => {
      throw new Error(String(why))
    },
    range: boundedRange,
    ...tokens,
    messages: messages.map(({ role }, at) => ({ role, content: markOf(at) })),
    add_generation_prompt: true,
  }
  for (const [name, value] of Object.entries(globals)) environment.set(name, value)
  const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }))
  const result: unknown = new BoundedInterpreter(environment).run(program).value
  if (typeof result !== 'string') throw new Error('it makes no text')
  return result
}

/** Stops a template that computes too much or makes too long a text. */
class BoundedInterpreter extends Interpreter {
  #steps = 0

  override evaluate(...args: Parameters<Interpreter['evaluate']>): ReturnType<Interpreter['evaluate']> {
    if (++this.#steps > mostSteps) throw new Error(`it takes more than ${mostSteps} steps`)
    const value = super.evaluate(...args)
    const { value: content } = value as { readonly value?: unknown }
    if (typeof content === 'string' && content.length > longestText) {
      throw new Error(`it makes a text of more than ${longestText} characters`)
    }
    if (Array.isArray(content) && content.length > mostItems) {
      throw new Error(`it makes a list of more than ${mostItems} items`)
    }
    return value
  }
}

function boundedRange(start: number, stop?: number, step?: number): number[] {
  const [from, to] = typeof stop === 'number' ? [start, stop] : [0, start]
  const by = typeof step === 'number' ? step : 1
  if (by === 0 || (to - from) / by > mostItems) throw new Error(`it counts to more than ${mostItems}`)
  const numbers: number[] = []
  for (let value = from; by > 0 ? value < to : value > to; value += by) numbers.push(value)
  return numbers
}

/** The system message before the first question; null where there is none to move. */
function withoutSystem(messages: readonly ChatMessage[]): ChatMessage[] | null {
  const [system, next, ...others] = messages
  if (system?.role !== 'system' || next?.role !== 'user') return null
  return [{ role: 'user', content: `${system.content}\n\n${next.content}` }, ...others]
}

function bad(what: string): SnipError {
  return new SnipError('bad-model', `The chat template ${what}`, {
    remedy: 'Use the tokenizer_config.json or chat_template.jinja that was published with this model.',
  })
}
