import { describe, expect, test } from 'vitest'
import { MemoryDocumentStore } from '../../../src/main/services/workspace/memory-document-store.ts'
import type { Change } from '../../../src/main/services/workspace/document-store.ts'
import type { Documents } from '../../../src/main/services/workspace/documents.ts'
import { deriveSteps, type StepFacts } from '../../../src/main/services/workspace/steps.ts'

const model: Change = {
  kind: 'model',
  key: 'model',
  after: { place: { base: 'absolute', path: '/m' }, tokenizer: null, name: 'tiny', modelHash: 'm1', card: null },
}

function dataset(key: string, roles: Documents['dataset']['roles'], dataHash = `hash of ${key}`): Change {
  const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }
  return {
    kind: 'dataset',
    key,
    after: {
      name: key,
      place: { base: 'absolute', path: `/${key}` },
      format: 'txt',
      kind: 'text',
      mapping,
      roles,
      documents: 1,
      rejectedCount: 0,
      dataHash,
      bytes: null,
      modifiedAt: null,
      tokens: null,
    },
  }
}

const recording: readonly Change[] = [
  {
    kind: 'recording',
    key: 'r',
    after: {
      dataset: 'probe',
      data: 'probe',
      folder: 'recordings/r',
      modelHash: 'm1',
      dataHash: 'hash of probe',
      sites: ['mlp'],
      tokens: 100,
      windows: 2,
      window: 64,
      neurons: 3072,
      seed: 1,
      at: 0,
    },
  },
  { kind: 'evidence', key: 'evidence', after: { recording: 'r' } },
]
const explanation: Change = {
  kind: 'explanation',
  key: 'e',
  after: { recording: 'r', explainer: 'lexical', file: 'concepts/e.jsonl', concepts: 3072, at: 0 },
}
const forgetConcept: Change = {
  kind: 'forget-concept',
  key: 'f',
  after: { text: 'verbs', weight: 1, enabled: true, source: 'lexical' },
}
const ranking: Change = {
  kind: 'ranking',
  key: 'k',
  after: {
    name: 'SNIP',
    method: 'snip',
    preset: null,
    params: {},
    seed: null,
    neuronCount: 3072,
    ranked: 3072,
    warnings: [],
    file: 'rankings/k.jsonl',
    modelHash: 'm1',
    at: 0,
    inputs: { forgetConcepts: 'h', concepts: null, recording: 'r', forget: null, retain: null },
  },
}
const cut: Change = { kind: 'cut', key: 'cut', after: { ranking: 'k', k: 192 } }
const run: Change = {
  kind: 'run',
  key: 'run',
  after: {
    title: 'SNIP, k = 192',
    plan: { kind: 'cut', ranking: 'k', k: 192 },
    ranking: 'k',
    k: 192,
    planHash: 'p1',
    modelHash: 'm1',
    seed: 1,
    at: 0,
    folder: 'runs/run',
    measures: [{ dataset: 'test', side: 'forget', dataHash: 'hash of test' }],
    comparisons: [],
  },
}
const data = [dataset('probe', ['probe']), dataset('bad', ['forget']), dataset('good', ['retain'])]
const evaluation = dataset('test', ['evaluate-forget'])
const measured = [model, ...data, evaluation, ...recording, explanation, forgetConcept, ranking, cut, run]

function stepsOf(changes: readonly Change[], facts: Partial<StepFacts> = {}) {
  const { steps, next } = deriveSteps({
    store: new MemoryDocumentStore(changes),
    jobs: [],
    staleRanking: () => null,
    ...facts,
  })
  const step = (id: string) => {
    const { state, reason, action } = steps.find((one) => one.id === id)!
    return [state, reason, action?.command ?? null]
  }
  return { states: steps.map(({ state }) => state).join(' '), step, next }
}

describe('the steps of the job', () => {
  test('are all empty at first, and the model comes first', () => {
    const { states, next } = stepsOf([])
    expect(states).toBe('empty empty empty empty empty empty empty')
    expect(next).toBe('Open a model.')
  })

  test('follow each other as the work goes on', () => {
    const stages: [readonly Change[], string, string][] = [
      [[model], 'done empty empty empty empty empty empty', 'Import data: what to forget, and what to keep.'],
      [
        [data[1]!],
        'done ready ready ready empty empty empty',
        'No data set says what to keep: import one, or give that role to one.',
      ],
      [[...data, evaluation], 'done done ready ready empty empty empty', 'Record the neurons.'],
      [recording, 'done done ready ready ready empty empty', 'Explain the neurons, so that each has a concept.'],
      [[explanation], 'done done done ready ready empty empty', 'Extract forget concepts from the data to forget.'],
      [[forgetConcept], 'done done done done ready empty empty', 'Rank the neurons.'],
      [[ranking], 'done done done done ready empty empty', 'Choose in Rank and prune how many neurons go.'],
      [
        [cut],
        'done done done done done ready ready',
        'Move the slider in Rank and prune, then measure this cut in full.',
      ],
      [[run], 'done done done done done done ready', 'Export the pruned model.'],
    ]
    const changes: Change[] = []
    for (const [more, states, next] of stages) {
      changes.push(...more)
      expect(stepsOf(changes)).toMatchObject({ states, next })
    }
  })

  test('prune is stale with the reason and the offer to rank when the ranking is out of date', () => {
    const { step, next } = stepsOf(measured, { staleRanking: () => 'The forget concepts changed after the ranking' })
    expect(step('prune')).toEqual(['stale', 'The forget concepts changed after the ranking', 'rank'])
    expect(step('compare')).toEqual(['stale', 'The ranking is out of date', null])
    expect(next).toBe('The forget concepts changed after the ranking. Rank again.')
  })

  test('neurons are stale when the model or the recorded data changed', () => {
    const other: Change = { ...model, after: { ...(model.after as Documents['model']), modelHash: 'm2' } }
    expect(stepsOf([...measured, other]).step('neurons')).toEqual([
      'stale',
      'The model changed after the recording',
      'record',
    ])
    expect(stepsOf([...measured, dataset('probe', ['probe'], 'other')]).step('neurons')).toEqual([
      'stale',
      'The data "probe" changed after the recording',
      'record',
    ])
  })

  test('compare is stale when the cut moved or the data changed after it was measured', () => {
    const moved: Change = { kind: 'cut', key: 'cut', after: { ranking: 'k', k: 193 } }
    expect(stepsOf([...measured, moved]).step('compare')).toEqual([
      'stale',
      'The cut changed after it was measured',
      'measure',
    ])
    expect(stepsOf([...measured, dataset('test', ['evaluate-forget'], 'other')]).step('compare')).toEqual([
      'stale',
      'The data "test" changed after it was measured',
      'measure',
    ])
  })

  test('a running job shows in its step and in the next line', () => {
    const { step, next } = stepsOf([model, ...data], {
      jobs: [{ kind: 'record', state: 'running', title: 'Record 4 layers over probe' }],
    })
    expect(step('neurons')).toEqual(['running', 'Record 4 layers over probe', null])
    expect(next).toBe('Record 4 layers over probe …')
  })

  test('a cut whose ranking is gone is no cut', () => {
    expect(stepsOf([...measured, { kind: 'ranking', key: 'k', after: null }]).step('compare')).toEqual([
      'empty',
      'A cut is needed first',
      null,
    ])
  })
})
