import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cosineMaxScores } from '../../src/core/ranking/cosine.ts'
import { SimilarityDesk } from '../../src/main/engine-host/operations/similarity.ts'
import { decodeFloat32, encodeBulk } from '../../src/main/engine-host/client/bulk.ts'
import { embedConcepts } from '../../src/main/services/embedders/concept-vectors.ts'
import { embedTexts } from '../../src/main/services/embedders/embed-texts.ts'
import { greatestCosines } from '../../src/main/services/embedders/greatest-cosines.ts'
import { jsonLines } from '../../src/main/services/files-of-lines.ts'
import type { LanguageModels } from '../../src/main/services/language-models/index.ts'
import type { Models } from '../../src/main/services/models/models.ts'
import { rank } from '../../src/main/services/rankings/rank.ts'
import { quietTask } from '../../src/main/services/task.ts'
import { embeddingOf } from '../support/llm-server/answers.ts'
import { bench, type Bench } from '../unit/language-models/support.ts'

const dims = 12
const task = quietTask()
const topics = ['fish', 'red boats', 'numbers', 'verbs of motion', 'brackets']
/** Neurons have the same concept now and then, and some have none. */
const texts = Array.from({ length: 700 }, (_, at) => (at % 90 === 7 ? '' : `${topics[at % 5]} ${at % 600}`))
const forget = ['red fish', 'boats', 'brackets']

interface Desk extends Bench {
  readonly services: { models: Models; languageModels: LanguageModels; cacheFolder: string }
  readonly choice: Parameters<typeof embedConcepts>[1]
  /** Numbers of texts whose vectors were read from the disk together. */
  readonly reads: number[]
  matrices(): string[]
}

/** Embeddings of a server, and an engine of this process that compares them. */
async function openDesk(): Promise<Desk> {
  const all = await bench({ embeddingDimensions: dims })
  const reads: number[] = []
  const languageModels = new Proxy(all.models, {
    get: (target, name: keyof LanguageModels) =>
      name === 'openEmbeddings'
        ? async (...given: Parameters<LanguageModels['openEmbeddings']>) => {
            const open = await target.openEmbeddings(...given)
            const read = (hashes: readonly string[]) => {
              reads.push(hashes.length)
              return open.kept.read(hashes)
            }
            return { ...open, kept: { has: (hash: string) => open.kept.has(hash), read } }
          }
        : target[name],
  })
  const desk = new SimilarityDesk()
  const client = {
    similarity: async ({ columns, ...rest }: { columns: string } & Parameters<SimilarityDesk['greatest']>[0]) => {
      const { scores, ...zero } = await desk.greatest({ ...rest, columns: decodeFloat32(columns) }, undefined)
      return { scores: encodeBulk(scores), ...zero }
    },
    // The vector of a text depends on how many there are beside it.
    embed: async ({ texts: some }: { texts: string[] }) => {
      const vectors = Float32Array.from(some.flatMap((text) => embeddingOf(`${text} ${some.length}`, dims)))
      return { dimensions: dims, vectors: encodeBulk(vectors) }
    },
  }
  const models = {
    engine: { client },
    open: async () => ({ handle: 'h', neurons: { mlp: [texts.length], attention: [] } }),
    modelHash: async () => '0'.repeat(64),
  } as unknown as Models
  const cacheFolder = join(all.folder, 'cache')
  const model = { path: 'm', tokenizer: null }
  return {
    ...all,
    services: { models, languageModels, cacheFolder },
    choice: { embedder: 'openai-compatible', model, recording: null, provider: all.id, folder: null },
    reads,
    matrices: () => readdirSync(join(cacheFolder, 'matrices')).filter((name) => name !== 'writer.lock'),
  }
}

const question = (others: Float32Array) => ({ others, weights: null, startAtZero: false })

describe('vectors of concepts for the engine', () => {
  test('are in a file, a row for each text, and give the scores of core to the last bit', async () => {
    const { services, choice } = await openDesk()
    const vectors = await embedConcepts(services, choice, texts, forget, task)
    expect(vectors.matrix).toMatchObject({ rows: new Set(texts).size, dims })
    expect(statSync(vectors.matrix.file).size).toBe(new Set(texts).size * dims * 4)
    const found = await greatestCosines(services.models, vectors, question(vectors.others.vectors), task.signal)
    const plain = await embedTexts(services, choice, [...texts, ...forget], task)
    const border = texts.length * dims
    const expected = cosineMaxScores(
      plain.vectors.subarray(0, border),
      dims,
      plain.vectors.subarray(border),
      null,
      false,
    )
    expect(vectors.others.vectors).toEqual(plain.vectors.slice(border))
    expect(found.scores).toEqual(expected.scores)
    expect(found.zeroRows).toEqual(expected.zeroNeuronRows)
    expect(found.zeroRows).toHaveLength(8)
    expect(found.scores[13]).toBe(found.scores[613])
  })

  test('are not touched when only what they are compared with changes', async () => {
    const { services, choice, reads, server, again } = await openDesk()
    const { matrix } = await embedConcepts(services, choice, texts, forget, task)
    const written = statSync(matrix.file).ino
    reads.length = 0
    const sent = server.log.length
    const changed = await embedConcepts(services, choice, texts, ['red fish', 'blue sea', 'brackets'], task)
    expect(changed.matrix).toEqual(matrix)
    expect(statSync(matrix.file).ino).toBe(written)
    expect(reads.reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(server.log.slice(sent).map(({ body }) => (body as { input: string[] }).input)).toEqual([['blue sea']])
    // Another run of the program finds all on the disk.
    await embedConcepts({ ...services, languageModels: again() }, choice, texts, ['red fish'], task)
    expect(server.log).toHaveLength(sent + 1)
  })

  test('are asked for after it was said how many texts leave and to whom, and nothing is said where none does', async () => {
    const { services, choice, server } = await openDesk()
    const told: [string, number][] = []
    const telling = { ...task, announce: (sentence: string) => void told.push([sentence, server.log.length]) }
    const { host } = new URL(server.baseUrl)
    await embedConcepts(services, choice, texts, forget, telling)
    const differing = new Set([...texts, ...forget]).size - 1
    const words = (count: number) => `The texts of ${count} concepts go to ${host}, embedding model test-embedding`
    expect(told.splice(0)).toEqual([[words(differing), 0]])
    await embedConcepts(services, choice, texts, forget, telling)
    await embedTexts(services, { ...choice, embedder: 'subject-sif' }, texts, telling)
    expect(told).toEqual([])
    await embedTexts(services, choice, [...texts, 'blue sea', 'green hills'], telling)
    expect(told.map(([sentence]) => sentence)).toEqual([words(2)])
  })

  test('are others for one concept more, for another order and for another model', async () => {
    const { services, choice, models, server, matrices } = await openDesk()
    const keys = [(await embedConcepts(services, choice, texts, forget, task)).matrix.key]
    keys.push((await embedConcepts(services, choice, [...texts, 'one more'], forget, task)).matrix.key)
    expect(server.log.at(-1)!.body).toMatchObject({ input: ['one more'] })
    keys.push((await embedConcepts(services, choice, texts.toReversed(), forget, task)).matrix.key)
    const draft = { ...models.provider(choice.provider!), id: null, embeddingModel: 'test-model' }
    const other = await models.save(draft)
    keys.push((await embedConcepts(services, { ...choice, provider: other.id }, texts, forget, task)).matrix.key)
    expect(new Set(keys).size).toBe(4)
    expect(matrices()).toHaveLength(2)
  })

  test('of an embedder that takes its weights from the texts are those of all lists together', async () => {
    const { services, choice } = await openDesk()
    const subject = { ...choice, embedder: 'subject-sif' }
    const vectors = await embedConcepts(services, subject, texts, forget, task)
    const plain = await embedTexts(services, subject, [...texts, ...forget], task)
    const border = texts.length * dims
    expect(vectors.others.vectors).toEqual(plain.vectors.subarray(border))
    const bytes = readFileSync(vectors.matrix.file)
    const row = vectors.rows[699]!
    expect(bytes.subarray(row * dims * 4, (row + 1) * dims * 4)).toEqual(
      Buffer.from(plain.vectors.slice(699 * dims, 700 * dims).buffer),
    )
    const same = await embedConcepts(services, subject, texts, forget, task)
    expect(same.matrix).toEqual(vectors.matrix)
    const others = await embedConcepts(services, subject, texts, [...forget, 'one more'], task)
    expect(others.matrix.key).not.toBe(vectors.matrix.key)
  })
})

describe('the folder of matrices', () => {
  test('has a torn matrix and one of the wrong size written again, and what a killed process left removed', async () => {
    const { services, choice, matrices } = await openDesk()
    const { matrix } = await embedConcepts(services, choice, texts, forget, task)
    const whole = readFileSync(matrix.file)
    for (const size of [0, 100, whole.length - 4, whole.length + 4]) {
      truncateSync(matrix.file, size)
      writeFileSync(`${matrix.file}.partial`, 'half')
      await embedConcepts(services, choice, texts, forget, task)
      expect(readFileSync(matrix.file).equals(whole), `${size}`).toBe(true)
      expect(matrices()).toHaveLength(1)
    }
  })

  test('keeps the two that were used last', async () => {
    const { services, choice } = await openDesk()
    const keyOf = async (count: number) =>
      (await embedConcepts(services, choice, texts.slice(0, count), forget, task)).matrix.file
    const first = await keyOf(100)
    const second = await keyOf(200)
    utimesSync(first, 1, 1)
    utimesSync(second, 2, 2)
    await keyOf(100)
    const third = await keyOf(300)
    const folder = join(services.cacheFolder, 'matrices')
    expect(new Set(readdirSync(folder).map((name) => join(folder, name)))).toEqual(new Set([first, third]))
  })

  test('has nothing in it when the work was given up midway, and asking again writes it whole', async () => {
    const { services, choice, matrices } = await openDesk()
    const abort = new AbortController()
    const halfway = {
      ...quietTask(abort.signal),
      report: ({ stage, done }: { stage: string; done: number }) => {
        if (stage === 'Gathering vectors' && done > 200) abort.abort()
      },
    }
    await expect(embedConcepts(services, choice, texts, forget, halfway)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(matrices()).toEqual([])
    const { matrix } = await embedConcepts(services, choice, texts, forget, task)
    expect(statSync(matrix.file).size).toBe(matrix.rows * dims * 4)
  })

  test('has one writer at a time: those who want the same matrix wait for it', async () => {
    const { services, choice, matrices, reads } = await openDesk()
    await embedTexts(services, choice, [...texts, ...forget], task)
    reads.length = 0
    const both = await Promise.all([1, 2].map(() => embedConcepts(services, choice, texts, forget, task)))
    expect(both[0]!.matrix).toEqual(both[1]!.matrix)
    expect(matrices()).toHaveLength(1)
    // The one that waits has read one vector, to see how wide they are.
    const distinct = new Set(texts.filter((text) => text !== '')).size
    expect(reads.reduce((sum, count) => sum + count, 0)).toBe(distinct + 1 + 2 * forget.length)
  })
})

describe('a ranking by embeddings of a server', () => {
  test('is the same whether the engine compares or core does, with weights and protected concepts', async () => {
    const { services, choice, folder } = await openDesk()
    const inputs = join(folder, 'inputs')
    mkdirSync(inputs)
    const write = (name: string, values: unknown[]) => {
      writeFileSync(join(inputs, name), [...jsonLines(values)].join(''))
      return join(inputs, name)
    }
    const concept = { author: 'a', explainer: 'summary', score: null, scoreKind: null }
    const request = {
      method: 'snip',
      model: choice.model,
      preset: 'protected',
      params: {},
      seed: 1,
      concepts: write(
        'concepts.jsonl',
        texts.map((text, at) => ({
          ...concept,
          neuron: `mlp:0:${at}`,
          text,
          status: text === '' ? 'failed' : 'suggested',
        })),
      ),
      forgetConcepts: write(
        'forget.jsonl',
        forget.map((text, at) => ({ text, weight: at, extractor: 'e' })),
      ),
      protectedConcepts: write('protected.jsonl', [{ text: 'numbers 12', weight: 0.5, extractor: 'e' }]),
      embedder: choice.embedder,
      provider: choice.provider!,
    }
    const { models, languageModels, cacheFolder } = services
    const made = []
    for (const folders of [{ cacheFolder }, {}]) {
      const out = join(inputs, `ranking-${made.length}.jsonl`)
      made.push(await rank(models, { ...request, out }, task, { languageModels, ...folders }))
    }
    expect(made[0]!.neurons).toHaveLength(692)
    expect(made[0]).toEqual(made[1])
  })
})
