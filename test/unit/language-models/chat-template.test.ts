import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { integersAfterTab } from '../../../src/core/tokenizer/integers-after-tab.ts'
import {
  chatTemplateOf,
  namedTokensOf,
  renderChat,
  type ChatMessage,
} from '../../../src/main/engine-host/operations/chat-template.ts'

const chat: readonly ChatMessage[] = [
  { role: 'system', content: 'Be short.' },
  { role: 'user', content: 'One\n{{ bos_token }}' },
  { role: 'assistant', content: 'Two' },
  { role: 'user', content: 'Three ' },
]
const tokens = { bos_token: '<s>', eos_token: '</s>' }

describe('a chat template', () => {
  it('is the string of tokenizer_config.json, or the one named default of a list', () => {
    expect(chatTemplateOf({ chat_template: 'a' })).toBe('a')
    const list = [
      { name: 'tool_use', template: 'b' },
      { name: 'default', template: 'c' },
    ]
    expect(chatTemplateOf({ chat_template: list })).toBe('c')
    expect(chatTemplateOf({})).toBeNull()
    expect(() => chatTemplateOf({ chat_template: [{ name: 'rag', template: 'd' }] })).toThrow(
      "without one named 'default'",
    )
    expect(() => chatTemplateOf({ chat_template: 7 })).toThrow('neither a text nor a list')
  })

  it('is given the tokens of the configuration, as text or as objects', () => {
    expect(namedTokensOf({ bos_token: '<s>', eos_token: { content: '</s>' }, pad_token: null })).toEqual(tokens)
  })

  it('writes roles, tokens and contents, and marks where contents stand', () => {
    const template = [
      '{{ bos_token }}{% for m in messages %}',
      "[{{ m.role }}]{{ m['content'] | trim }}{{ eos_token }}",
      '{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}',
    ].join('')
    const { text, contents } = renderChat(template, chat, tokens)
    expect(text).toBe(
      '<s>[system]Be short.</s>[user]One\n{{ bos_token }}</s>[assistant]Two</s>[user]Three </s>[assistant]',
    )
    expect(contents.map(([from, to]) => text.slice(from, to))).toEqual(chat.map(({ content }) => content))
  })

  it('that takes no system message gets it before the first question', () => {
    const refusing = [
      "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}",
      '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}',
    ].join('')
    const skipping =
      "{% for m in messages %}{% if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}"
    for (const template of [refusing, skipping]) {
      expect(renderChat(template, chat, tokens).text).toBe(
        '<user>Be short.\n\nOne\n{{ bos_token }}<assistant>Two<user>Three ',
      )
    }
  })

  it.each([
    ['counts for ever', '{% for i in range(1000000000) %}x{% endfor %}', 'counts to more than'],
    [
      'loops in loops',
      '{% for i in range(999) %}{% for j in range(999) %}{{ j }}{% endfor %}{% endfor %}',
      'takes more than 50000 steps',
    ],
    [
      'doubles a text',
      "{% set n = namespace(s='ab') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
      'makes a text of more than',
    ],
    ['calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'cannot be followed'],
    [
      'reaches for the process',
      "{{ messages.constructor.constructor('return process')().exit() }}",
      'cannot be followed',
    ],
    ['is no template', '{% for %}', 'cannot be followed'],
    ['is too long', ' '.repeat(200_000), 'is longer than'],
    ['leaves a message out', '{{ messages[0].content }}', 'does not write message 2'],
    [
      'writes one twice',
      '{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}',
      'does not write message 1',
    ],
    ['changes the order', '{% for m in messages[::-1] %}{{ m.content }}{% endfor %}', 'does not write message'],
  ])('that %s is refused', (_, template, why) => {
    expect(() => renderChat(template, chat, tokens)).toThrow(
      expect.objectContaining({ kind: 'bad-model', message: expect.stringContaining(why) as string }) as Error,
    )
  })
})

const demo = resolve(import.meta.dirname, '../../../resources/demo/model/tokenizer.json')
const read = (path: string) => createTokenizer(JSON.parse(readFileSync(path, 'utf8')))

/** A byte-level vocabulary of single characters and some more pieces; no letter joins another. */
function characters(more: readonly string[]) {
  const pieces = [...'abcdefghijklmnopqrstuvwxyz0123456789ĠĊĉ', ...more]
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]))
  const merges = more.map((piece) => [piece.slice(0, -1), piece.slice(-1)])
  const pre = { type: 'ByteLevel', add_prefix_space: false, use_regex: false }
  return createTokenizer({ model: { type: 'BPE', vocab, merges }, pre_tokenizer: pre, decoder: { type: 'ByteLevel' } })
}

describe('whole numbers behind a tab', () => {
  it('are eleven tokens where 10 is one, and ten where it is written as 1 and 0', () => {
    const eleven = integersAfterTab(characters(['10']), 'm')
    expect(eleven.integers.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
    expect(eleven.integers[10]!.id).toBe(39)
    expect(eleven.before).toBe(0)
    expect(integersAfterTab(characters([]), 'm').integers).toHaveLength(10)
    expect(integersAfterTab(read(demo), 'm').before).toBe(0)
  })

  it('may be one token with their tab', () => {
    const joined = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => `ĉ${digit}`)
    const { before, integers } = integersAfterTab(characters(joined), 'm')
    expect(before).toBe(1)
    expect(integers.map(({ id }) => id)).toEqual([39, 40, 41, 42, 43, 44, 45, 46, 47, 48])
  })

  it('are refused by name where a vocabulary does not tell them', () => {
    const some = ['ĉ0', 'ĉ1']
    expect(() => integersAfterTab(characters(some), 'the-model')).toThrow(
      'The vocabulary of the-model does not tell 2 by one token after a tab',
    )
  })
})

describe('a text that spells control tokens', () => {
  const json = JSON.parse(readFileSync(demo, 'utf8')) as Record<string, unknown>
  const tokenizer = createTokenizer(json)
  const text = 'A<|endoftext|>B<|endoftext|>'

  it('has them where it may, and nowhere else', () => {
    expect(tokenizer.encode(text).filter((id) => id === 0)).toHaveLength(2)
    expect(tokenizer.encode(text, { literal: [[0, text.length]] })).not.toContain(0)
    expect(tokenizer.encode(text, { literal: [[3, 4]] }).filter((id) => id === 0)).toHaveLength(1)
    expect(tokenizer.decode(tokenizer.encode(text, { literal: [[0, text.length]] }))).toBe(text)
  })

  it('is otherwise the tokens that it always is', () => {
    const plain = 'The sea, and 42 ringing doors.\n\tWho?'
    expect(tokenizer.encode(plain, { literal: [[4, 20]] })).toEqual(tokenizer.encode(plain))
  })
})
