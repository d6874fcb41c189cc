import { describe, expect, it } from 'vitest'
import { mostForgetConcepts, readForgetConcepts } from '../../../src/core/exchange/read-forget-concepts.ts'

const read = (text: string, side: 'forget' | 'protected' = 'forget') => readForgetConcepts(text, 'list', side)
const usual = { side: 'forget', weight: null, enabled: null, source: 'import' }

describe('a list of forget concepts', () => {
  it('comes from our own lines, with side, switch and where each is from', () => {
    const lines = [
      {
        text: 'red fish',
        weight: 0.5,
        extractor: 'snip-llm',
        preset: 'corrected',
        draws: 1,
        drawsOf: 2,
        author: 'h/m',
      },
      { text: ' boats ', extractor: 'person', side: 'protected', enabled: false, author: null, draws: null },
    ]
    expect(read(`\uFEFF${lines.map((line) => JSON.stringify(line)).join('\r\n')}\r\n`)).toEqual({
      format: 'forget.jsonl',
      rows: [
        {
          side: 'forget',
          text: 'red fish',
          weight: 0.5,
          enabled: null,
          source: 'snip-llm',
          author: 'h/m',
          preset: 'corrected',
          draws: 1,
          drawsOf: 2,
        },
        { side: 'protected', text: 'boats', weight: null, enabled: false, source: 'person' },
      ],
      rejected: [],
      rejectedCount: 0,
    })
    expect(read(JSON.stringify(lines)).rows).toHaveLength(2)
  })

  it('comes from a table of others, whose spreadsheet parts cells as its language does', () => {
    for (const delimiter of [',', ';', '\t']) {
      const table = [
        ['Concept', 'Weight', 'In use', 'Note'],
        ['red fish', '0.25', 'FALSE', 'x'],
        ['boats', '', '', ''],
      ]
      expect(read(table.map((cells) => cells.join(delimiter)).join('\r\n'), 'protected').rows).toEqual([
        { ...usual, side: 'protected', text: 'red fish', weight: 0.25, enabled: false },
        { ...usual, side: 'protected', text: 'boats' },
      ])
    }
  })

  it('keeps breaks within a sentence and drops other control characters', () => {
    expect(read('text,weight\n"two\r\nlines\u0000here",2\n').rows).toEqual([
      { ...usual, text: 'two\nlines here', weight: 2 },
    ])
  })

  it('says of each line that holds none which it is and why', () => {
    const table = [
      'text,weight,enabled,side,draws,drawsOf',
      'a,-1,,,,',
      'a,"0,5",,,,',
      'a,1e999,,,,',
      'a,,maybe,,,',
      'a,,,left,,',
      'a,,,,3,2',
      'a,,,,1.5,2',
      ',1,,,,',
      `${'x'.repeat(10_001)},,,,,`,
      'a,,,,,',
      '"two',
      'a,2,,,,',
      'a,2,,protected,,',
    ].join('\n')
    const { rows, rejected, rejectedCount } = read(table)
    expect(rows.map(({ side, text, weight }) => [side, text, weight])).toEqual([
      ['forget', 'a', null],
      ['protected', 'a', 2],
    ])
    expect(rejected).toEqual([
      { line: 2, reason: 'the weight "-1" is no number from 0' },
      { line: 3, reason: 'the weight "0,5" is no number from 0' },
      { line: 4, reason: 'the weight "1e999" is no number from 0' },
      { line: 5, reason: 'enabled is "maybe", neither true nor false' },
      { line: 6, reason: 'the side "left" is neither forget nor protected' },
      { line: 7, reason: 'it was named in "3" of "2" draws: these are no counts' },
      { line: 8, reason: 'it was named in "1.5" of "2" draws: these are no counts' },
      { line: 9, reason: 'there is no sentence' },
      { line: 10, reason: 'the sentence is 10001 characters long' },
      { line: 12, reason: 'a quote is opened and never closed' },
      { line: 13, reason: 'the same sentence stands in line 11' },
    ])
    expect(rejectedCount).toBe(11)
    expect(read('{"text":"a"}\nnot json\n{"neuron":"mlp:0:1","text":"b"}\n[]\n{"text":7}').rejected).toEqual([
      { line: 2, reason: 'this is not JSON' },
      { line: 3, reason: 'this is the concept of a neuron' },
      { line: 4, reason: 'this is no concept' },
      { line: 5, reason: 'there is no sentence' },
    ])
  })

  it('ends at as many as a person weighs', () => {
    const table = `text\n${Array.from({ length: mostForgetConcepts + 1 }, (_, i) => `concept ${i}\n`).join('')}`
    expect(() => read(table)).toThrow('list holds more than 10000 concepts')
  })

  it.each([
    '',
    'once upon a time',
    'a,b\n1,2\n',
    '[1,2]',
    '{"a":1}',
    'layer,neuron,explanation\n0,1,words of the sea\n',
    '{"neuron":"mlp:0:1","text":"words of the sea"}\n{"neuron":"mlp:0:2","text":"x"}',
  ])('is not found in %j', (text) => {
    expect(() => read(text)).toThrow('list holds no forget concepts in a known form')
  })
})
