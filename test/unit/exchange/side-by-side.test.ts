import { describe, expect, test } from 'vitest'
import type { ConceptRow, ReviewOfRow } from '../../../src/core/exchange/concept-row.ts'
import { readForeignConcepts } from '../../../src/core/exchange/read-concepts.ts'
import { sideBySide } from '../../../src/core/exchange/side-by-side.ts'
import { atOnce } from '../../../src/core/steps.ts'

type Line = readonly [neuron: `mlp:0:${number}`, author: string, text: string, score?: number | null]

function row([neuron, author, text, score = null]: Line, review?: ReviewOfRow): ConceptRow {
  return { neuron, author, text, score, ...(review === undefined ? {} : { review }) }
}

function of(rows: readonly ConceptRow[]) {
  const { rows: kept, inUse, reviewed, authors, repeated } = atOnce(sideBySide(rows))
  return {
    kept: kept.map(({ neuron, text }) => `${neuron} ${text}`),
    inUse: [...inUse].map(([neuron, { text }]) => `${neuron} ${text}`),
    reviewed: [...reviewed].map(([neuron, { text }]) => `${neuron} ${text}`),
    authors: [...authors],
    repeated,
  }
}

describe('several explanations of one neuron', () => {
  test('stand side by side, one for each author, and of unscored ones the first is in use', () => {
    const { rows } = readForeignConcepts('layer,neuron,Original,Summary\n0,1,verbs,doing words\n0,2,digits,\n', 'x')
    expect(of(rows)).toEqual({
      kept: ['mlp:0:1 verbs', 'mlp:0:1 doing words', 'mlp:0:2 digits'],
      inUse: ['mlp:0:1 verbs', 'mlp:0:2 digits'],
      reviewed: [],
      authors: [
        ['Original', 2],
        ['Summary', 1],
      ],
      repeated: 0,
    })
  })

  test('are used by their score, wherever they stand; one without a score comes last', () => {
    const lines: readonly Line[] = [
      ['mlp:0:1', 'a', 'none'],
      ['mlp:0:1', 'b', 'best', 0.9],
      ['mlp:0:1', 'c', 'worst', 0.1],
      ['mlp:0:2', 'a', 'below 0', -0.5],
      ['mlp:0:2', 'b', 'nothing'],
      ['mlp:0:3', 'a', 'first', 0.4],
      ['mlp:0:3', 'b', 'second', 0.4],
    ]
    expect(of(lines.map((line) => row(line)))).toMatchObject({
      inUse: ['mlp:0:1 best', 'mlp:0:2 below 0', 'mlp:0:3 first'],
      repeated: 0,
    })
  })

  test('of one author are one: the best-scored, of equal ones the first', () => {
    const lines: readonly Line[] = [
      ['mlp:0:1', 'a', 'low', 0.2],
      ['mlp:0:1', 'a', 'high', 0.7],
      ['mlp:0:1', 'a', 'high again', 0.7],
      ['mlp:0:1', 'b', 'other', 0.1],
      ['mlp:0:2', 'a', 'first'],
      ['mlp:0:2', 'a', 'second'],
    ]
    expect(of(lines.map((line) => row(line)))).toEqual({
      kept: ['mlp:0:1 high', 'mlp:0:1 other', 'mlp:0:2 first'],
      inUse: ['mlp:0:1 high', 'mlp:0:2 first'],
      reviewed: [],
      authors: [
        ['a', 2],
        ['b', 1],
      ],
      repeated: 3,
    })
  })

  test('bring what a person said of one of them, which is never left out', () => {
    const said: ReviewOfRow = { verdict: 'accepted', isOwn: false, reviewer: 'Eve', at: 5 }
    const rows = [
      row(['mlp:0:1', 'a', 'best', 0.9]),
      row(['mlp:0:1', 'a', 'accepted', 0.3], said),
      row(['mlp:0:2', 'a', 'accepted and in use', 0.9], said),
      row(['mlp:0:2', 'b', 'rejected', 0.3], { ...said, verdict: 'rejected' }),
    ]
    expect(of(rows)).toMatchObject({
      kept: ['mlp:0:1 best', 'mlp:0:1 accepted', 'mlp:0:2 accepted and in use', 'mlp:0:2 rejected'],
      inUse: ['mlp:0:1 best', 'mlp:0:2 accepted and in use'],
      reviewed: ['mlp:0:1 accepted', 'mlp:0:2 accepted and in use'],
      repeated: 0,
    })
  })

  test('of a feature of Neuronpedia are read, each with its own model and score', () => {
    const feature = {
      layer: '3-neurons',
      index: '4',
      explanations: [
        { description: 'rivers', explanationModelName: 'gpt-4', scores: [{ value: 0.4 }] },
        { description: 'water', explanationModelName: 'claude' },
        { description: '' },
      ],
    }
    expect(readForeignConcepts(JSON.stringify([feature]), 'x')).toMatchObject({
      rows: [
        { neuron: 'mlp:3:4', text: 'rivers', author: 'gpt-4', score: 0.4 },
        { neuron: 'mlp:3:4', text: 'water', author: 'claude', score: null },
      ],
      rejected: [{ line: 1, reason: 'there is no explanation' }],
    })
  })
})
