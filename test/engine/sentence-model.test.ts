import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { SnipError } from '../../src/contract/failure.ts'
import { elementType, GraphBuilder } from '../../src/core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, serialiseModel } from '../../src/core/onnx/serialise.ts'
import { embedSentences } from '../../src/main/engine-host/operations/embed-sentences.ts'
import { openSentenceModel, SentenceShelf } from '../../src/main/engine-host/operations/sentence-model.ts'
import { scratchFolder } from './expectations.ts'

const work = scratchFolder('sentence-model')
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'blue', 'sea', 'query', ':']
const dims = 4
/** The hidden state of a token is a row of this table, wherever it stands. */
const table = vocabulary.map((_, id) =>
  Array.from({ length: dims }, (_unused, k) => (k === id % dims ? id + 1 : 0.5 * k)),
)

interface Choice {
  readonly mode?: string
  readonly normalise?: boolean
  readonly prompt?: string
  readonly most?: number
  readonly modules?: boolean
}

function writeModel(
  name: string,
  { mode = 'mean_tokens', normalise = false, prompt, most, modules = true }: Choice,
): string {
  const folder = join(work, name)
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  mkdirSync(join(folder, '1_Pooling'), { recursive: true })
  const builder = new GraphBuilder()
  builder.input('input_ids', elementType.int64, ['batch', 'sequence'])
  builder.input('attention_mask', elementType.int64, ['batch', 'sequence'])
  builder.node(
    'Gather',
    [builder.floats('table', table.flat(), [vocabulary.length, dims]), 'input_ids'],
    {},
    'last_hidden_state',
  )
  builder.output('last_hidden_state', elementType.float, ['batch', 'sequence', dims])
  const declare = () => {
    throw new RangeError('no weights')
  }
  const options = { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} }
  writeFileSync(join(folder, 'onnx/model.onnx'), joinPieces(serialiseModel(builder.build(), declare, options)))
  const write = (file: string, json: unknown) => writeFileSync(join(folder, file), JSON.stringify(json))
  const special = vocabulary.slice(0, 4).map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }))
  write('tokenizer.json', {
    version: '1.0',
    added_tokens: special,
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
      unk_token: '[UNK]',
    },
  })
  if (modules) {
    const module = (idx: number, kind: string, path: string) => ({
      idx,
      name: String(idx),
      path,
      type: `sentence_transformers.models.${kind}`,
    })
    write('modules.json', [
      module(0, 'Transformer', ''),
      module(1, 'Pooling', '1_Pooling'),
      ...(normalise ? [module(2, 'Normalize', '2_Normalize')] : []),
    ])
    write('1_Pooling/config.json', { word_embedding_dimension: dims, [`pooling_mode_${mode}`]: true })
  }
  if (prompt !== undefined)
    write('config_sentence_transformers.json', { prompts: { query: prompt }, default_prompt_name: 'query' })
  if (most !== undefined) write('sentence_bert_config.json', { max_seq_length: most })
  return folder
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
