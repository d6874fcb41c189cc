import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { SnipError } from '../../src/contract/failure.ts'
import { embedSentences } from '../../src/main/engine-host/operations/embed-sentences.ts'
import { openSentenceModel, SentenceShelf } from '../../src/main/engine-host/operations/sentence-model.ts'
import { makeSmallSentenceModel, type SmallSentenceModelOptions } from '../support/models/small-sentence-model.ts'
import { scratchFolder } from './expectations.ts'

const work = scratchFolder('sentence-model')
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'blue', 'sea', 'query', ':']
const dims = 4
/** The hidden state of a token, wherever it stands. */
const stateOf = (id: number) => Array.from({ length: dims }, (_, k) => (k === id % dims ? id + 1 : 0.5 * k))
const table = vocabulary.map((_, id) => stateOf(id))

type Choice = Omit<SmallSentenceModelOptions, 'words' | 'stateOf'>

function writeModel(name: string, choice: Choice): string {
  return makeSmallSentenceModel(join(work, name), { words: vocabulary.slice(4), stateOf, ...choice })
}

const mean = (ids: readonly number[]) =>
  Array.from({ length: dims }, (_, k) => ids.reduce((sum, id) => sum + table[id]![k]!, 0) / ids.length)
const unit = (row: readonly number[]) => row.map((value) => value / Math.hypot(...row))

async function vectorsOf(choice: Choice & { name: string }, texts: readonly string[]): Promise<number[][]> {
  const model = await openSentenceModel(writeModel(choice.name, choice), true)
  const { dimensions, vectors } = await embedSentences(model, texts, undefined)
  await model.session.release()
  expect(dimensions).toBe(dims)
  return texts.map((_, row) => Array.from(vectors.subarray(row * dims, (row + 1) * dims)))
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  for (const [k, value] of expected.entries()) expect(actual[k]).toBeCloseTo(value, 5)
}

describe('a folder of sentence-transformers', () => {
  test('gives the mean over its tokens, padding left out, in the order of the texts', async () => {
    const [sea, long] = await vectorsOf({ name: 'mean' }, ['sea', 'red blue sea sea'])
    expectClose(sea!, mean([2, 6, 3]))
    expectClose(long!, mean([2, 4, 5, 6, 6, 3]))
  })

  test('gives its first token, at length 1, where its config says so', async () => {
    const [red] = await vectorsOf({ name: 'cls', mode: 'cls_token', normalise: true }, ['red'])
    expectClose(red!, unit(table[2]!))
  })

  test('has its default prompt put before every text', async () => {
    const [red] = await vectorsOf({ name: 'prompt', prompt: 'query: ' }, ['red'])
    expectClose(red!, mean([2, 7, 8, 4, 3]))
  })

  test('is cut to its length, and what the template puts at the end stays', async () => {
    const [red] = await vectorsOf({ name: 'short', most: 3 }, ['red blue sea'])
    expectClose(red!, mean([2, 4, 3]))
  })

  test('without modules.json is the mean at length 1', async () => {
    const [red] = await vectorsOf({ name: 'plain', modules: false }, ['red'])
    expectClose(red!, unit(mean([2, 4, 3])))
  })

  test('that asks for what is not supported is refused by name', async () => {
    const refusal = async (folder: string) =>
      openSentenceModel(folder, true).then(
        () => null,
        (error: unknown) => (error instanceof SnipError ? error.message : String(error)),
      )
    expect(await refusal(writeModel('max', { mode: 'max_tokens' }))).toContain('it asks for pooling_mode_max_tokens')
    const folder = writeModel('escape', {})
    writeFileSync(join(folder, 'modules.json'), JSON.stringify([{ path: '../..', type: 'x.Pooling' }]))
    expect(await refusal(folder)).toContain('its pooling lies at "../.."')
    expect(await refusal(join(work, 'none'))).toContain('it holds no onnx/model.onnx or model.onnx')
  })

  test('has another id as soon as anything that decides its vectors is another', async () => {
    const shelf = new SentenceShelf(true)
    const first = (await shelf.open(writeModel('one', {}))).id
    const same = (await shelf.open(writeModel('same', {}))).id
    const other = (await shelf.open(writeModel('other', { prompt: 'query: ' }))).id
    expect(same).toBe(first)
    expect(other).not.toBe(first)
  })
})

beforeAll(() => mkdirSync(work, { recursive: true }))
