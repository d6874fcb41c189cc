import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { explainWithLanguageModel } from '../../src/main/services/concepts/explain-llm.ts'
import type { Budget } from '../../src/main/services/language-models/index.ts'
import { quietTask } from '../../src/main/services/task.ts'
import { snipIn } from '../cli/snip.ts'
import type { LlmServerOptions } from '../support/llm-server/llm-server.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { modelsWithMadeUpEvidence, writeRecordingOf } from '../support/made-up-evidence.ts'
import { bench } from '../unit/language-models/support.ts'

const { path } = snipIn('explain-in-batches')
const neurons = 30
writeRecordingOf(path('recording'), [neurons])

/** A program with a cache of its own, and a server that knows the words. */
async function explaining(options: LlmServerOptions = {}) {
  const { models: languageModels, id: provider, server } = await bench({ model: plantedWords([]), ...options })
  const run = async (out: string, inBatches: boolean, budget: Budget | null = null) => {
    const warnings: string[] = []
    const outcome = await explainWithLanguageModel(
      modelsWithMadeUpEvidence(),
      languageModels,
      {
        explainer: 'summary',
        scorer: 'simulation-written',
        calibration: 'none',
        samples: 1,
        seed: 1,
        recording: path('recording'),
        neurons: 'all',
        provider,
        budget,
        out: path(out),
        extend: false,
        control: 0,
        inBatches,
        tokenizer: null,
        model: { path: '', tokenizer: null },
      },
      { ...quietTask(), warn: (sentence) => void warnings.push(sentence) },
    )
    return { ...outcome, warnings }
  }
  return { run, server }
}

const withoutHost = (name: string) => readFileSync(path(name), 'utf8').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')

test('explaining through batches gives the bytes of explaining one by one, and leaves nothing at the server', async () => {
  const direct = await explaining()
  const { concepts } = await direct.run('direct.jsonl', false)
  expect(concepts.filter(({ score }) => score !== null)).toHaveLength(neurons)
  const batched = await explaining()
  const { spending, warnings } = await batched.run('batched.jsonl', true)
  expect(withoutHost('batched.jsonl')).toBe(withoutHost('direct.jsonl'))
  // Everything went in batches: one for the sentences, one for their scores.
  expect(batched.server.log).toEqual([])
  expect(spending.calls).toBe(direct.server.log.length)
  expect(batched.server.files).toBe(0)
  expect(warnings).toEqual([])
})

test('what a batch leaves unanswered is asked for one by one, and said', async () => {
  const { run, server } = await explaining({ batchFailsEvery: 10 })
  const { failed, warnings } = await run('patchy.jsonl', true)
  expect(failed).toBe(0)
  expect(withoutHost('patchy.jsonl')).toBe(withoutHost('direct.jsonl'))
  // Three sentences; their scores and three of the 27 others'.
  expect(server.log).toHaveLength(9)
  expect(server.paidTwice()).toEqual([])
  expect(warnings).toEqual([
    '3 requests of batches were not answered (the server answered 500): they are asked for one by one',
    '3 requests of batches were not answered (the server answered 500): they are asked for one by one',
  ])
})

test('a batch that may cost more than the cap is not handed in: all is left out, and goes on under a greater cap', async () => {
  const { run, server } = await explaining()
  const capped = await run('capped.jsonl', true, { maxCost: null, maxTokens: 100 })
  expect(capped).toMatchObject({ explained: 0, skipped: neurons, spending: { calls: 0 } })
  expect(capped.warnings.join()).toMatch(/The cap of 100 tokens is reached: 0 are spent/)
  expect([server.log.length, server.files]).toEqual([0, 0])
  expect(await run('capped.jsonl', true)).toMatchObject({ explained: neurons, skipped: 0 })
  expect(withoutHost('capped.jsonl')).toBe(withoutHost('direct.jsonl'))
})
