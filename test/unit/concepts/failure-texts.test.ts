import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { snipLlmParameters, readExtraction } from '../../../src/core/concepts/extractors/snip-llm.ts'
import type { ChatReply } from '../../../src/core/concepts/language-model.ts'
import { readExplanation } from '../../../src/core/concepts/replies/read-explanation.ts'
import { readRatings } from '../../../src/core/concepts/replies/read-ratings.ts'
import { readList } from '../../../src/core/concepts/replies/read-list.ts'

const lead = 'the main thing this neuron does is find'
const { refusals, failures, concepts } = JSON.parse(
  readFileSync(new URL('../../fixtures/concepts/failure-texts.json', import.meta.url), 'utf8'),
) as Readonly<Record<'refusals' | 'failures' | 'concepts', readonly string[]>>

const reply = (text: string): ChatReply => ({ text, finish: 'stop', logprobs: null, usage: null, model: 'test' })
const explains = (text: string) => readExplanation(reply(text), lead)
const lists = (text: string) => readList(reply(text))
const isRead = (text: string, read: (text: string) => { readonly ok: boolean }) => read(text).ok

describe('a text by which a model declines or a server fails', () => {
  it('is no explanation, alone or after the lead of the prompt', () => {
    expect(refusals.length).toBeGreaterThanOrEqual(40)
    for (const framed of ['%', `${lead} %`, 'Explanation: %']) {
      const all = [...refusals, ...failures].map((text) => framed.replace('%', () => text))
      expect(all.filter((text) => isRead(text, explains))).toEqual([])
    }
    for (const text of refusals) expect(explains(text)).toEqual({ ok: false, reason: 'the model refused to answer' })
  })

  it('is no item of a list, however the list is written', () => {
    const items = [...refusals, ...failures].map((text) => text.replaceAll('\n', ' '))
    expect(items.filter((text) => isRead(text, lists))).toEqual([])
    expect(items.filter((text) => isRead(`1. ${text}`, lists))).toEqual([])
    expect(items.filter((text) => isRead(JSON.stringify([text]), lists))).toEqual([])
    const released = snipLlmParameters.parse({ parser: 'first-full-stop' })
    const readReleased = (text: string) => readExtraction(reply(text), released)
    expect(items.filter((text) => isRead(`1. ${text}`, readReleased))).toEqual([])
  })

  it('costs only its own place beside good concepts', () => {
    for (const text of [...refusals, ...failures]) {
      const item = text.replaceAll('\n', ' ')
      expect(lists(`1. verbs of motion\n2. ${item}\n3. numbers`)).toEqual({
        ok: true,
        items: ['verbs of motion', 'numbers'],
        dropped: 1,
      })
    }
  })
})

describe('a concept about apologies, refusals, errors or markup', () => {
  it('stays one', () => {
    expect(concepts.length).toBeGreaterThanOrEqual(40)
    expect(concepts.filter((text) => !isRead(text, explains))).toEqual([])
    expect(concepts.filter((text) => !isRead(`${lead} ${text}`, explains))).toEqual([])
    expect(lists(concepts.map((text, i) => `${i + 1}. ${text}`).join('\n'))).toMatchObject({ ok: true, dropped: 0 })
  })
})

describe('a reply of the greatest length', () => {
  // The square of this length would take minutes.
  const length = 99_000
  const fill = (unit: string) => unit.repeat(length / unit.length)

  it.each<[name: string, text: string, isSentence?: boolean, isList?: boolean]>([
    ['digits', `a${fill('1')}a`],
    ['blanks', `a${fill(' ')}a`, true],
    ['line breaks', `a${fill('\n')}a`, true, true],
    ['dashes', `a ${fill('- ')}a`],
    ['a fence', `\`\`\`${fill(' ')}x`],
    ['escapes', `["${fill('\\"')}`],
    ['errors', fill('had an error ')],
    ['bars', `1${fill('|')}x`],
  ])('that is nothing but %s is read at once', (_name, text, isSentence = false, isList = false) => {
    expect([isRead(text, explains), isRead(text, lists)]).toEqual([isSentence, isList])
    expect(readRatings(reply(text), 1, 10)).toEqual([{ value: null, reason: 'the reply leaves this concept out' }])
  })
})

describe('a list of concepts', () => {
  it.each([
    ['1.verbs\n2.nouns\n3. adjectives', ['verbs', 'nouns', 'adjectives']],
    ['(1)verbs\n2)nouns', ['verbs', 'nouns']],
    ['Concepts:\n-verbs of motion\n-nouns', ['verbs of motion', 'nouns']],
    ['•verbs\n•nouns', ['verbs', 'nouns']],
    ['-ing\n-ed', ['-ing', '-ed']],
    ['1. 10:30 and other times\n2. 1.5 and other fractions', ['10:30 and other times', '1.5 and other fractions']],
    ['{"concepts": ["verbs", "nouns"]}', ['verbs', 'nouns']],
    [
      'Here:\n\n| # | Concept |\n|---|:--|\n| 1 | **verbs** |\n| 2 | nouns \\| names |\n\nDone.',
      ['verbs', 'nouns | names'],
    ],
    ['Concept | Why\n--- | ---\nverbs | they act', ['verbs']],
    ['| 1 | verbs |\n| 2 | nouns |', ['verbs', 'nouns']],
  ])('%j is read by its items', (text, items) => {
    expect(lists(text)).toEqual({ ok: true, items, dropped: 0 })
  })

  it.each([
    ["The samples contain hateful content. I'm unable to list them.", 'the model refused to answer'],
    [
      'I understand you want a list.\nHowever I must decline.\nPlease ask something else.',
      'the model refused to answer',
    ],
    ['Here is the list:\n1. I cannot help\n2. Please rephrase', 'the model refused to answer'],
    ['{"error": ["overloaded"]}', 'the reply is JSON or markup where words were asked for'],
    ['verbs, nouns, adjectives', 'the reply holds no list of concepts'],
    [
      `The samples are about many things. ${'They go on and on. '.repeat(10)}\nVerbs`,
      'the reply holds no list of concepts',
    ],
  ])('is not found in %j', (text, reason) => {
    expect(lists(text)).toEqual({ ok: false, reason })
  })

  it('that was cut off inside its JSON loses its torn item and the last whole one', () => {
    expect(readList({ ...reply('["verbs", "nouns", "adj'), finish: 'length' })).toEqual({
      ok: true,
      items: ['verbs'],
      dropped: 1,
    })
  })
})

describe('an explanation', () => {
  it('is kept when the model chats around it', () => {
    expect(explains('Sure! Here is the explanation: words related to the sea.')).toEqual({
      ok: true,
      text: 'words related to the sea.',
    })
    expect(explains('Sure! Here is the explanation:\nwords related to the sea.\nI hope this helps!')).toEqual({
      ok: true,
      text: 'words related to the sea.',
    })
  })
})
