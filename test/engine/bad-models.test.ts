import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FailureKind } from '../../src/contract/failure.ts'
import { makeGpt2, type Gpt2Options } from '../support/models/gpt2.ts'
import { makeLlama, type LlamaOptions } from '../support/models/llama.ts'
import { writeSafetensors } from '../support/models/safetensors.ts'
import { expectFailure, planOf, scratchFolder } from './expectations.ts'
import { openHandle } from './families.ts'
import { doneOf, startHost, type TestHost } from './host.ts'

const work = scratchFolder('bad-models')
let host: TestHost
let count = 0

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

const newFolder = (): string => join(work, `model-${count++}`)
const gpt2 = (options: Gpt2Options = {}): string => makeGpt2(newFolder(), options).directory
const llama = (options: LlamaOptions = {}): string => makeLlama(newFolder(), options).directory

const expectRefused = (directory: string, kind: FailureKind, ...says: (string | RegExp)[]) =>
  expectFailure(() => openHandle(host, directory), kind, ...says)

type Json = Record<string, unknown>

/** Changes a JSON file of a model folder. */
function editJson(directory: string, file: string, edit: (json: Json) => void): string {
  const path = join(directory, file)
  const json = JSON.parse(readFileSync(path, 'utf8')) as Json
  edit(json)
  writeFileSync(path, JSON.stringify(json))
  return directory
}

const setConfig = (directory: string, changes: Json): string =>
  editJson(directory, 'config.json', (config) => Object.assign(config, changes))

/** Changes the header of model.safetensors and leaves its data as they are; `data` changes those. */
function editHeader(directory: string, edit: (header: Record<string, Entry>) => void, data = (bytes: Buffer) => bytes) {
  const path = join(directory, 'model.safetensors')
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, Entry>
  edit(header)
  writeFileSync(path, withHeader(Buffer.from(JSON.stringify(header)), data(bytes.subarray(8 + length))))
  return directory
}

interface Entry {
  dtype: string
  shape: number[]
  data_offsets: number[]
}

function withHeader(header: Uint8Array, data: Uint8Array, claimed = BigInt(header.length)): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(claimed)
  return Buffer.concat([length, header, data])
}

const firstNorm = 'transformer.h.0.ln_1.weight'

describe('a checkpoint is refused, by its file and its tensor, when', () => {
  test('its weights were cut off', async () => {
    const directory = gpt2()
    const path = join(directory, 'model.safetensors')
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, -1))
    await expectRefused(directory, 'bad-model', 'model.safetensors: tensor "transformer.ln_f.bias" claims bytes')
    for (const size of [0, 3, 8, 40, 4000]) {
      writeFileSync(path, bytes.subarray(0, size))
      await expectRefused(directory, 'bad-model', 'model.safetensors: ')
    }
  })

  test.each([0xffff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn, 1_000_000n, 200_000_000n, 1n, 0n])(
    'its header claims %s bytes',
    async (claimed) => {
      const directory = gpt2()
      const path = join(directory, 'model.safetensors')
      const bytes = readFileSync(path)
      bytes.writeBigUInt64LE(claimed, 0)
      writeFileSync(path, bytes)
      await expectRefused(directory, 'bad-model', /^model\.safetensors: the header /)
    },
  )

  const entryCases: readonly [string, (entry: Entry) => void, RegExp][] = [
    ['lies beyond the end', (entry) => (entry.data_offsets = [10_000_000, 10_000_096]), /claims bytes 10000000 to/],
    ['ends before it starts', (entry) => (entry.data_offsets = [96, 0]), /claims bytes 96 to 0/],
    ['starts before the data', (entry) => (entry.data_offsets = [-96, 0]), /claims bytes -96 to 0/],
    ['starts at half a byte', (entry) => (entry.data_offsets = [0.5, 96.5]), /impossible offsets/],
    ['has an offset beyond 2^53', (entry) => (entry.data_offsets = [2 ** 60, 2 ** 60 + 96]), /impossible offsets/],
    ['has three offsets', (entry) => entry.data_offsets.push(5), /no data offsets/],
    ['has more bytes than its shape needs', (entry) => (entry.shape = [23]), /needs 92 bytes, its offsets give 96/],
    ['has a negative dimension', (entry) => (entry.shape = [-24]), /impossible shape/],
    [
      'has dimensions whose product overflows',
      (entry) => (entry.shape = [2 ** 30, 2 ** 30, 2 ** 30]),
      /impossible shape/,
    ],
    ['has a dimension of 2^64', (entry) => (entry.shape = [2 ** 64]), /impossible shape/],
    ['has 17 dimensions', (entry) => (entry.shape = Array.from({ length: 17 }, () => 1)), /no shape/],
    ['has text for a shape', (entry) => Object.assign(entry, { shape: '24' }), /no shape/],
    ['is of an unknown type', (entry) => (entry.dtype = 'F12'), /unknown data type "F12"/],
    ['is of the type __proto__', (entry) => (entry.dtype = '__proto__'), /unknown data type/],
    ['has no type', (entry) => Object.assign(entry, { dtype: null }), /names no data type/],
  ]

  test.each(entryCases)('a tensor %s', async (_, edit, says) => {
    const directory = editHeader(gpt2(), (header) => edit(header[firstNorm]!))
    await expectRefused(directory, 'bad-model', `model.safetensors: tensor "${firstNorm}"`, says)
  })

  test('a tensor is no object', async () => {
    await expectRefused(
      editHeader(gpt2(), (header) => Object.assign(header, { [firstNorm]: 5 })),
      'bad-model',
      firstNorm,
    )
  })

  test('two tensors overlap', async () => {
    const directory = editHeader(gpt2(), (header) => {
      header[firstNorm]!.data_offsets = [...header['transformer.h.0.ln_1.bias']!.data_offsets]
    })
    await expectRefused(directory, 'bad-model', `tensors "${firstNorm}" and "transformer.h.0.ln_1.bias" overlap`)
  })

  test('a tensor is missing', async () => {
    const directory = editHeader(gpt2(), (header) => delete header[firstNorm])
    await expectRefused(directory, 'bad-model', `no tensor "${firstNorm}"`)
  })

  test('a tensor of integers stands where weights are needed', async () => {
    const directory = editHeader(gpt2(), (header) => (header[firstNorm]!.dtype = 'I32'))
    await expectRefused(directory, 'bad-model', `no tensor "${firstNorm}"`)
  })

  test.each([
    ['no JSON', '{"a":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['not UTF-8', '\uD800'],
  ])('its header is %s', async (name, text) => {
    const directory = gpt2()
    const header = name === 'not UTF-8' ? Buffer.of(0x7b, 0xff, 0xfe, 0x7d) : Buffer.from(text)
    writeFileSync(join(directory, 'model.safetensors'), withHeader(header, Buffer.alloc(8)))
    await expectRefused(directory, 'bad-model', /^model\.safetensors: the header is no(t)? JSON/)
  })

  test('its tensors do not have the shapes that its config asks for', async () => {
    const wider = setConfig(gpt2(), { n_inner: 97 })
    await expectRefused(wider, 'bad-model', 'transformer.h.0.mlp.c_fc.weight', '[24, 96]', '[24, 97]')
    const more = setConfig(llama(), { vocab_size: 300 })
    await expectRefused(more, 'bad-model', 'model.embed_tokens.weight', '[272, 24]', '[300, 24]')
    const layers = setConfig(llama(), { num_hidden_layers: 3 })
    await expectRefused(layers, 'bad-model', 'model.layers.2.')
  })

  test('a shard is missing, or the index names one outside of the folder', async () => {
    const missing = gpt2({ shards: 3 })
    rmSync(join(missing, 'model-00002-of-00003.safetensors'))
    await expectRefused(missing, 'bad-model', 'model-00002-of-00003.safetensors is missing')
    for (const name of ['../model.safetensors', '/etc/passwd', '..', '', 'a/b', 'x\0y', 5, null]) {
      const outside = editJson(gpt2({ shards: 2 }), 'model.safetensors.index.json', (index) => {
        ;(index['weight_map'] as Json)[firstNorm] = name
      })
      await expectRefused(outside, 'bad-model', 'model.safetensors.index.json', /no file name in the model's folder/)
    }
    const empty = editJson(gpt2({ shards: 2 }), 'model.safetensors.index.json', (index) => (index['weight_map'] = {}))
    await expectRefused(empty, 'bad-model', 'the weight_map is empty')
    const none = editJson(gpt2({ shards: 2 }), 'model.safetensors.index.json', (index) => delete index['weight_map'])
    await expectRefused(none, 'bad-model', 'there is no weight_map')
  })

  test('a tensor stands in two shards', async () => {
    const directory = gpt2({ shards: 2 })
    const first = join(directory, 'model-00001-of-00002.safetensors')
    copyFileSync(first, join(directory, 'extra.safetensors'))
    editJson(directory, 'model.safetensors.index.json', (index) => {
      ;(index['weight_map'] as Json)['extra'] = 'extra.safetensors'
    })
    await expectRefused(
      directory,
      'bad-model',
      'extra.safetensors',
      'model-00001-of-00002.safetensors',
      'transformer.wte.weight',
    )
  })

  test('its family is unknown, or is not named', async () => {
    await expectRefused(setConfig(gpt2(), { model_type: 'mamba' }), 'unsupported-model', 'family "mamba"')
    await expectRefused(setConfig(gpt2(), { model_type: 5 }), 'bad-model', 'model_type')
    await expectRefused(setConfig(gpt2(), { model_type: '__proto__' }), 'unsupported-model', '__proto__')
  })

  test.each(['n_embd', 'n_head', 'n_layer', 'vocab_size'])('its config lacks %s', async (key) => {
    await expectRefused(
      editJson(gpt2(), 'config.json', (config) => delete config[key]),
      'bad-model',
      `config.json: ${key}: `,
    )
  })

  test.each([
    ['n_layer', 1e9],
    ['n_layer', 2],
    ['n_head', 0],
    ['n_embd', -24],
    ['n_embd', 24.5],
    ['n_embd', '24'],
    ['n_head', 1e300],
    ['n_positions', null],
    ['layer_norm_epsilon', 0],
    ['vocab_size', 1e12],
  ])('its config sets %s to %s', async (key, value) => {
    if (key === 'n_layer' && value === 2) {
      await expectRefused(setConfig(gpt2({ layers: 1 }), { [key]: value }), 'bad-model', 'transformer.h.1.')
      return
    }
    await expectRefused(setConfig(gpt2(), { [key]: value }), 'bad-model', 'config.json', key)
  })

  test.each<[string, Json, string]>([
    ['heads that do not divide the width', { num_attention_heads: 5, num_key_value_heads: 5 }, 'does not divide'],
    ['key-value heads that do not divide the heads', { num_key_value_heads: 3 }, 'does not divide'],
    ['an odd head width', { head_dim: 7 }, 'does not divide'],
  ])('its config asks for %s', async (_, changes, says) => {
    await expectRefused(setConfig(llama(), changes), 'bad-model', says)
  })

  test.each<[string, Json]>([
    ['LongRoPE scaling', { rope_scaling: { rope_type: 'longrope', factor: 4 } }],
    ['LongRoPE in rope_parameters', { rope_parameters: { rope_type: 'longrope', factor: 4, rope_theta: 10000 } }],
    ['dynamic scaling', { rope_scaling: { type: 'dynamic', factor: 2 } }],
    ['linear scaling without a factor', { rope_scaling: { type: 'linear' } }],
    ['llama3 scaling without its bounds', { rope_scaling: { rope_type: 'llama3', factor: 8 } }],
    ['an unknown activation', { hidden_act: 'relu2' }],
  ])('its config asks for %s, which the engine does not compute', async (_, changes) => {
    const key = Object.keys(changes)[0]!
    await expectRefused(setConfig(llama(), changes), 'unsupported-model', key === 'hidden_act' ? 'relu2' : 'rope_')
  })

  test('its config is no JSON, or is not there', async () => {
    const cut = gpt2()
    writeFileSync(join(cut, 'config.json'), '{"model_type": "gp')
    await expectRefused(cut, 'bad-model', 'config.json is not JSON')
    rmSync(join(cut, 'config.json'))
    await expectRefused(cut, 'bad-model', 'holds no config.json')
  })

  test('it holds no weights, or is not there, or is a file', async () => {
    const directory = gpt2()
    rmSync(join(directory, 'model.safetensors'))
    await expectRefused(directory, 'bad-model', 'neither model.safetensors nor model.safetensors.index.json')
    await expectRefused(join(work, 'nowhere'), 'not-found', 'There is no model at')
    await expectRefused(join(directory, 'config.json'), 'bad-model', 'neither a checkpoint folder nor an .onnx file')
  })

  test('model.safetensors is a folder', async () => {
    const directory = gpt2()
    rmSync(join(directory, 'model.safetensors'))
    mkdirSync(join(directory, 'model.safetensors'))
    await expectRefused(directory, 'bad-file', 'model.safetensors')
  })

  test('its tokenizer is missing, damaged, or knows more tokens than the model', async () => {
    const missing = gpt2()
    rmSync(join(missing, 'tokenizer.json'))
    await expectRefused(missing, 'bad-tokenizer', 'holds no tokenizer.json')
    writeFileSync(join(missing, 'tokenizer.json'), '{"model":')
    await expectRefused(missing, 'bad-tokenizer', 'tokenizer.json is not JSON')
    writeFileSync(join(missing, 'tokenizer.json'), '{}')
    await expectRefused(missing, 'bad-tokenizer')
    const small = gpt2({ vocabulary: 200 })
    copyFileSync(join(gpt2(), 'tokenizer.json'), join(small, 'tokenizer.json'))
    await expectRefused(small, 'bad-tokenizer', 'has 272 tokens, the model knows 200')
  })

  test('it is an .onnx file of noise', async () => {
    const path = join(work, 'noise.onnx')
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(100),
      Buffer.from('PK\x03\x04 not a model'),
      Buffer.alloc(50, 0xff),
    ]) {
      writeFileSync(path, bytes)
      await expectRefused(path, 'bad-model', 'noise.onnx')
    }
  })
})

describe('weights that are no numbers', () => {
  test.each([
    ['NaN', NaN, 'F32'],
    ['infinite', Infinity, 'F32'],
    ['NaN', NaN, 'F16'],
    ['-infinite', -Infinity, 'F16'],
    ['NaN', NaN, 'BF16'],
    ['infinite', Infinity, 'BF16'],
  ] as const)('(%s, %s of type %s) are found as soon as they are used, and named', async (_, value, dtype) => {
    const { directory, tensors } = makeGpt2(newFolder(), { dtype })
    const broken = tensors.map((tensor) => {
      if (tensor.name !== 'transformer.h.1.mlp.c_fc.weight') return tensor
      const values = Float32Array.from(tensor.values)
      values[1234] = value
      return { ...tensor, values }
    })
    writeSafetensors(join(directory, 'model.safetensors'), broken)
    const { handle } = await openHandle(host, directory)
    const says = 'Tensor "transformer.h.1.mlp.c_fc.weight" in model.safetensors is not finite at element 1234'
    const ids = [1, 2, 3]
    const settings = { maxNewTokens: 2, temperature: 0, seed: 0 }
    const out = newFolder()
    mkdirSync(out)
    const documents = [{ text: 'and the win in the box' }]
    const made = await host.client.corpus({ handle, documents, keepShort: false, window: 4, tokens: null })
    const { corpus } = made
    const calls = {
      logprobs: () => host.client.logprobs({ handle, ids, plan: null }),
      generate: () => doneOf(host.client.generate({ handle, ids, plan: null, settings })),
      losses: () => doneOf(host.client.losses({ handle, corpus, plan: null, ranks: true })),
      record: () =>
        doneOf(host.client.record({ handle, corpus, directory: out, sites: ['mlp', 'attention'], seed: 1 })),
    }
    for (const call of Object.values(calls)) await expectFailure(call, 'bad-model', says)
    expect(readdirSync(out)).toEqual([])
    const file = join(out, 'pruned.onnx')
    const request = { handle, plan: planOf([]), realisation: 'zeroed', file, weights: 'inline', metadata: {} } as const
    await expectFailure(() => doneOf(host.client.exportModel(request)), 'bad-model', says)
    expect(readdirSync(out)).toEqual([])
  })
})

describe('a checkpoint opens although', () => {
  test('its weights are a link, as in a download cache', async () => {
    const directory = gpt2({ shards: 2 })
    const linked = newFolder()
    mkdirSync(linked)
    for (const name of readdirSync(directory)) symlinkSync(join(directory, name), join(linked, name))
    const opened = await openHandle(host, linked)
    const original = await openHandle(host, directory)
    const ids = [3, 4, 5]
    const answer = await host.client.logprobs({ handle: opened.handle, ids, plan: null })
    expect(answer).toEqual(await host.client.logprobs({ handle: original.handle, ids, plan: null }))
    const hash = await host.client.hash({ handle: opened.handle })
    expect(hash).toEqual(await host.client.hash({ handle: original.handle }))
    expect(hash.modelHash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('it holds tensors that no layer reads, of types that are no weights', async () => {
    const directory = editHeader(
      gpt2(),
      (header) => {
        const end = Math.max(...Object.values(header).flatMap((entry) => entry.data_offsets ?? []))
        header['extra'] = { dtype: 'I64', shape: [2], data_offsets: [end, end + 16] }
      },
      (data) => Buffer.concat([data, Buffer.alloc(16)]),
    )
    expect((await openHandle(host, directory)).layers).toBe(2)
  })
})
