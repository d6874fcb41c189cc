import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import type { DataInUse } from '../../../src/main/services/data-in-use/data-in-use.ts'
import { prepareMeasurement, chooseMetric } from '../../../src/main/services/evaluations/measurement.ts'
import type { Models } from '../../../src/main/services/models/models.ts'
import { record } from '../../../src/main/services/recordings/record.ts'
import { quietTask } from '../../../src/main/services/task.ts'
import { scratchFolder } from './scratch.ts'

const work = scratchFolder()
const data: DataInUse = {
  path: 'a.txt',
  kind: 'text',
  documents: [{ text: 'abc' }],
  cloze: null,
  split: null,
  keepShort: false,
  dataHash: 'd',
  warnings: [],
}
const model = { path: '/model', tokenizer: null }

/** Models whose engine makes corpora and fails at everything after; it notes which corpora it still holds. */
function failingEngine(failure: SnipError) {
  const held = new Set<string>()
  let made = 0
  const client = {
    corpus: () => {
      held.add(`corpus-${++made}`)
      return Promise.resolve({ corpus: `corpus-${made}`, windows: 1, tokens: 3 })
    },
    closeCorpus: ({ corpus }: { corpus: string }) => Promise.resolve(held.delete(corpus) && null),
    record: () => Promise.reject(failure),
    losses: () => Promise.reject(failure),
  }
  const models = {
    engine: { client },
    open: () => {
      const neurons = { mlp: [4], attention: [] }
      return Promise.resolve({ handle: 'm', objective: 'causal', contextLength: 64, neurons })
    },
    modelHash: () => Promise.resolve('h'),
  } as unknown as Models
  return { models, held, made: () => made }
}

describe('a corpus in the engine', () => {
  test.each(['cancelled', 'out-of-memory'] as const)('is closed after a recording that ended %s', async (kind) => {
    const failure = new SnipError(kind, 'it ended')
    const { models, held, made } = failingEngine(failure)
    const directory = join(work, kind)
    const request = { model, data, directory, tokens: null, window: 8, sites: ['mlp' as const], seed: 1 }
    await expect(record(models, request, quietTask())).rejects.toBe(failure)
    expect([made(), held.size]).toEqual([1, 0])
    // Resumed: the folder is there, the corpus is made anew and closed anew.
    await expect(record(models, request, quietTask())).rejects.toBe(failure)
    expect([made(), held.size]).toEqual([2, 0])
  })

  test('is held by a measurement until that is closed, also after a failure', async () => {
    const failure = new SnipError('out-of-memory', 'it ended')
    const { models, held } = failingEngine(failure)
    const metric = chooseMetric('lm', null, {}, 'all')
    const measurement = await prepareMeasurement(models, { model, metric, data, seed: 1 }, quietTask())
    await expect(measurement.run(null, quietTask())).rejects.toBe(failure)
    expect(held.size).toBe(1)
    await measurement.close()
    expect(held.size).toBe(0)
    await measurement.close()
  })
})
