import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Concept } from '../../src/contract/files.ts'
import { explainWithLanguageModel } from '../../src/main/services/concepts/explain-llm.ts'
import { jsonLines } from '../../src/main/services/files-of-lines.ts'
import { quietTask } from '../../src/main/services/task.ts'
import { modelsWithMadeUpEvidence, writeRecordingOf } from '../support/made-up-evidence.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { bench } from '../unit/language-models/support.ts'
import { snipIn } from '../cli/snip.ts'

const { path } = snipIn('extended-concepts')

const line = (neuron: string, text: string): Concept => ({
  neuron,
  text,
  author: 'elsewhere',
  explainer: 'summary',
  score: null,
  scoreKind: null,
  ...(text === '' ? { reason: 'the model refused to answer', status: 'failed' } : { status: 'suggested' }),
})

test('a file that is extended keeps the failures that are not asked about again, and answers those that are', async () => {
  writeRecordingOf(path('recording'), [6])
  const { models: languageModels, id: provider } = await bench({ model: plantedWords([]) })
  const before = [line('mlp:0:0', ''), line('mlp:0:1', 'verbs'), line('mlp:0:2', '')]
  const out = path('concepts.jsonl')
  writeFileSync(out, [...jsonLines(before)].join(''))
  const { concepts } = await explainWithLanguageModel(
    modelsWithMadeUpEvidence(),
    languageModels,
    {
      explainer: 'summary',
      scorer: null,
      calibration: 'none',
      samples: 1,
      seed: 1,
      control: 0,
      budget: null,
      recording: path('recording'),
      provider,
      out,
      extend: true,
      tokenizer: null,
      model: { path: '', tokenizer: null },
      neurons: { neurons: ['mlp:0:0', 'mlp:0:1', 'mlp:0:3'] },
    },
    quietTask(),
  )
  expect(concepts.map(({ neuron, status }) => [neuron, status])).toEqual([
    ['mlp:0:1', 'suggested'],
    ['mlp:0:2', 'failed'],
    ['mlp:0:0', 'suggested'],
    ['mlp:0:3', 'suggested'],
  ])
  expect(concepts.slice(0, 2)).toEqual(before.slice(1))
})
