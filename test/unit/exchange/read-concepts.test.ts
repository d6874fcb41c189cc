import { describe, expect, it } from 'vitest'
import { readForeignConcepts } from '../../../src/core/exchange/read-concepts.ts'

function read(text: string) {
  const { format, rows, rejected, rejectedCount } = readForeignConcepts(text, 'file')
  return {
    format,
    rows: rows.map(({ neuron, text: sentence, score, author }) => [neuron, sentence, score, author]),
    rejected,
    rejectedCount,
  }
}

describe('concepts of others', () => {
  it('come from a table of layer, neuron, score and explanation, as OpenAI’s sample has it', () => {
    const table =
      'layer,neuron,score,explanation\n0,286,0.663509473, words related to comparison.\n1,1734,0.86,"words connected to ""eded"" or ""eding."""\nx,2,0.5,names\n3,4,0.5,\n'
    expect(read(table)).toEqual({
      format: 'table',
      rows: [
        ['mlp:0:286', 'words related to comparison.', 0.663509473, 'import'],
        ['mlp:1:1734', 'words connected to "eded" or "eding."', 0.86, 'import'],
      ],
      rejected: [
        { line: 4, reason: 'the layer "x" is no whole number' },
        { line: 5, reason: 'there is no explanation' },
      ],
      rejectedCount: 2,
    })
  })

  it('come from a table with one column a prompt type, each its own author', () => {
    expect(read('Layer,Neuron,Original,Summary\n0,426,denial,negation\n')).toMatchObject({
      format: 'table of prompt types',
      rows: [
        ['mlp:0:426', 'denial', null, 'Original'],
        ['mlp:0:426', 'negation', null, 'Summary'],
      ],
    })
  })

  it('come from OpenAI’s files, the best-scored explanation of each', () => {
    const record = {
      neuron_id: { layer_index: 5, neuron_index: 131 },
      scored_explanations: [
        { explanation: ' dates', scored_simulation: { ev_correlation_score: 0.2 } },
        { explanation: ' years', scored_simulation: { ev_correlation_score: 0.7 } },
        { explanation: ' none', scored_simulation: null },
      ],
    }
    const one = { format: 'OpenAI', rows: [['mlp:5:131', 'years', 0.7, 'OpenAI']], rejected: [], rejectedCount: 0 }
    expect(read(JSON.stringify(record))).toEqual(one)
    expect(read(JSON.stringify(record, null, 2))).toEqual(one)
    const unscored = {
      ...record,
      scored_explanations: [{ explanation: 'x', scored_simulation: { ev_correlation_score: 'NaN' } }],
    }
    expect(read(`${JSON.stringify(record)}\n\nnot json\n${JSON.stringify(unscored)}\n{"other":1}`)).toMatchObject({
      rows: [
        ['mlp:5:131', 'years', 0.7, 'OpenAI'],
        ['mlp:5:131', 'x', null, 'OpenAI'],
      ],
      rejected: [
        { line: 3, reason: 'this is not JSON' },
        { line: 5, reason: 'this is no explanation of a neuron' },
      ],
    })
  })

  it('come from Neuronpedia, of MLP neurons only', () => {
    const rows = [
      { modelId: 'gpt2-small', layer: '5-neurons', index: '12', description: 'cities', explanationModelName: 'gpt-4' },
      {
        modelId: 'gpt2-small',
        layer: 3,
        index: 4,
        explanations: [{ description: 'rivers', scores: [{ value: 0.4 }] }],
      },
      { modelId: 'gpt2-small', layer: '5-res-jb', index: '12', description: 'a feature' },
    ]
    expect(read(JSON.stringify(rows))).toMatchObject({
      format: 'Neuronpedia',
      rows: [
        ['mlp:5:12', 'cities', null, 'gpt-4'],
        ['mlp:3:4', 'rivers', 0.4, 'Neuronpedia'],
      ],
      rejected: [{ line: 3, reason: 'the layer "5-res-jb" names no MLP neurons' }],
    })
  })

  it('come from our own file, and what failed there is no concept here', () => {
    const line = (more: object) =>
      JSON.stringify({
        neuron: 'attention:1:2',
        text: 'verbs',
        author: 'lexical',
        explainer: 'lexical',
        score: 0.5,
        scoreKind: 'pearson',
        status: 'suggested',
        ...more,
      })
    expect(
      read(
        [line({}), line({ text: '', status: 'failed', reason: 'the reply is empty' }), line({ neuron: 'x' })].join(
          '\n',
        ),
      ),
    ).toMatchObject({
      format: 'concepts.jsonl',
      rows: [['attention:1:2', 'verbs', 0.5, 'lexical']],
      rejected: [{ line: 2, reason: 'there is no explanation: it failed where it was made' }, { line: 3 }],
    })
  })

  it.each([
    ['', null],
    ['  ', null],
    ['nan', null],
    ['NaN', null],
    [' 0.25 ', 0.25],
    ['-1e-1', -0.1],
    ['.5', 0.5],
    ['0', 0],
  ])('have the score %j as %j', (cell, score) => {
    expect(read(`layer,neuron,explanation,score\n0,1,verbs,${cell}\n`)).toMatchObject({
      rows: [['mlp:0:1', 'verbs', score, 'import']],
      rejectedCount: 0,
    })
    const own = `neuron,text,author,explainer,score,scoreKind,status\nmlp:0:1,verbs,a,b,${cell},s,suggested\n`
    expect(read(own)).toMatchObject({ rows: [['mlp:0:1', 'verbs', score, 'a']], rejectedCount: 0 })
  })

  it.each(['0x10', 'good', '1e999', '1 2', 'Infinity'])('are told apart from those with the score %s', (cell) => {
    expect(read(`layer,neuron,explanation,score\n0,1,verbs,${cell}\n`)).toMatchObject({
      rows: [],
      rejected: [{ line: 2, reason: `the score "${cell}" is no number` }],
    })
    const own = `neuron,text,author,explainer,score,scoreKind,status\nmlp:0:1,verbs,a,b,${cell},s,suggested\n`
    expect(read(own)).toMatchObject({ rows: [], rejectedCount: 1 })
  })

  it.each([false, true, [], [1], {}])('of Neuronpedia have no score from %j', (value) => {
    const one = { layer: 0, index: 1, description: 'verbs', scores: [{ value }] }
    expect(read(JSON.stringify([one]))).toMatchObject({
      rows: [],
      rejected: [{ line: 1, reason: `the score ${JSON.stringify(value)} is no number` }],
    })
  })

  it.each(['', 'a,b\n1,2\n', '{"a":1}', '[1,2]', 'hello', '{"neurons":["mlp:0:1"]}'])('are not found in %j', (text) => {
    expect(() => readForeignConcepts(text, 'other.csv')).toThrow('other.csv holds no explanations of neurons')
  })
})
