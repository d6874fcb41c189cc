import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scanModel } from '../../src/core/onnx/model-scanner.ts'
import { decodeFloat32 } from '../../src/main/engine-host/client/bulk.ts'
import { withFile } from '../../src/main/files/file-source.ts'
import type { Checkpoint } from '../support/models/checkpoint.ts'
import { referenceCases } from '../support/models/reference-cases.ts'
import { largestDifference, planOf, scratchFolder } from './expectations.ts'
import { logprobsOf, openExported } from './exported-session.ts'
import { openHandle, plansOf, wholeHeads, writeCase } from './families.ts'
import { doneOf, startHost, type TestHost } from './host.ts'

const work = scratchFolder('exports')
let host: TestHost
let count = 0

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

type Realisation = 'zeroed' | 'compact'

async function exportTo(
  handle: string,
  neurons: readonly string[],
  realisation: Realisation,
  weights: 'inline' | 'external' = 'external',
) {
  const folder = join(work, `out-${count++}`)
  mkdirSync(folder)
  const file = join(folder, 'pruned.onnx')
  const plan = planOf(neurons)
  const done = await doneOf(host.client.exportModel({ handle, plan, realisation, file, weights, metadata: {} }))
  expect(done.verification.passed).toBe(true)
  return { folder, file, ...done }
}

/** Sequences that every comparison runs: a single token, some, and all. */
const lengthsOf = (ids: readonly number[]): number[] => [1, 6, ids.length]

interface Answers {
  /** The logits after the last token of each of the sequences. */
  readonly lastLogits: readonly Float32Array[]
  /** Log-probability of each next token of the longest, which needs the logits after every token. */
  readonly logprobs: readonly number[]
}

/** What the host computes under a plan. */
async function hostAnswers(handle: string, ids: readonly number[], neurons: readonly string[] | null) {
  const lastLogits: Float32Array[] = []
  let logprobs: number[] = []
  for (const length of lengthsOf(ids)) {
    const plan = neurons && planOf(neurons)
    const answer = await host.client.logprobs({ handle, ids: ids.slice(0, length), plan })
    lastLogits.push(decodeFloat32(answer.lastLogits))
    logprobs = answer.logprobs
  }
  return { lastLogits, logprobs } satisfies Answers
}

/** What an exported file computes in a session of its own. */
async function fileAnswers(file: string, ids: readonly number[]) {
  const exported = await openExported(file)
  try {
    const lastLogits: Float32Array[] = []
    let logprobs: number[] = []
    for (const length of lengthsOf(ids)) {
      const { data, dims } = await exported.logits([ids.slice(0, length)])
      expect(dims).toEqual([1, length, data.length / length])
      lastLogits.push(data.slice(data.length - data.length / length))
      logprobs = logprobsOf(data, ids.slice(0, length))
    }
    return { lastLogits, logprobs } satisfies Answers
  } finally {
    await exported.release()
  }
}

/** Opens an exported file in the host and runs it there. */
async function reopenedAnswers(file: string, checkpoint: Checkpoint, ids: readonly number[]) {
  const { handle } = await openHandle(host, file, 1, tokenizerOf(checkpoint))
  const answers = await hostAnswers(handle, ids, null)
  await host.client.close({ handle })
  return answers
}

function expectEqual(a: Answers, b: Answers): void {
  for (const [i, row] of a.lastLogits.entries()) expect(largestDifference(row, b.lastLogits[i]!)).toBe(0)
  expect(largestDifference(a.logprobs, b.logprobs)).toBe(0)
}

/** Losses within 1e-5 nats and logits within 1e-5 of the largest |logit|. */
function expectClose(a: Answers, b: Answers): void {
  const largest = largestOf(a.lastLogits)
  for (const [i, row] of a.lastLogits.entries()) {
    expect(largestDifference(row, b.lastLogits[i]!)).toBeLessThanOrEqual(1e-5 * largest)
  }
  expect(largestDifference(a.logprobs, b.logprobs)).toBeLessThanOrEqual(1e-5)
}

const largestOf = (rows: readonly Float32Array[]): number =>
  rows.reduce((largest, row) => row.reduce((a, b) => Math.max(a, Math.abs(b)), largest), 0)

const tokenizerOf = (checkpoint: Checkpoint): string => join(checkpoint.directory, 'tokenizer.json')

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

describe.each(referenceCases.map(({ name }) => name))('exports of %s', (name) => {
  const { checkpoint, ids } = writeCase(work, name)
  const plans = Object.entries(plansOf(checkpoint))
  let handle: string

  beforeAll(async () => {
    handle = (await openHandle(host, checkpoint.directory)).handle
  })
  afterAll(() => host.client.close({ handle }))

  test.each(plans)('without %s: zeroed equals the mask bit for bit, compact within 1e-5', async (_, neurons) => {
    const masked = await hostAnswers(handle, ids, neurons)
    const zeroed = await exportTo(handle, neurons, 'zeroed')
    expect(zeroed.verification).toMatchObject({ maxAbsLogit: 0, maxAbsLossNats: 0, sameGreedyText: true, tolerance: 0 })
    expectEqual(masked, await fileAnswers(zeroed.file, ids))
    expectEqual(masked, await reopenedAnswers(zeroed.file, checkpoint, ids))

    const { file, verification } = await exportTo(handle, neurons, 'compact', 'inline')
    expect(verification.maxAbsLogit).toBeLessThanOrEqual(1e-5 * verification.largestLogit)
    expect(verification.maxAbsLossNats).toBeLessThanOrEqual(1e-5)
    expectClose(masked, await fileAnswers(file, ids))
  })
})

describe('an exported file', () => {
  const { checkpoint, ids } = writeCase(work, 'llama-grouped-tied')
  const plans = plansOf(checkpoint)
  const few = plans['a few neurons of both sites']!
  let handle: string

  beforeAll(async () => {
    handle = (await openHandle(host, checkpoint.directory)).handle
  })

  test.each(['zeroed', 'compact'] as const)(
    'has the same logits with inline as with external weights (%s)',
    async (realisation) => {
      const inline = await exportTo(handle, few, realisation, 'inline')
      const external = await exportTo(handle, few, realisation, 'external')
      expect(readdirSync(inline.folder)).toEqual(['pruned.onnx'])
      expect(readdirSync(external.folder).toSorted()).toEqual(['pruned.onnx', 'pruned.onnx.data'])
      expect(statSync(external.file).size).toBeLessThan(45_000)
      const inlineAnswers = await fileAnswers(inline.file, ids)
      expectEqual(inlineAnswers, await fileAnswers(external.file, ids))
      expectEqual(inlineAnswers, await reopenedAnswers(inline.file, checkpoint, ids))
    },
  )

  test.each([
    ['zeroed', 'inline'],
    ['compact', 'external'],
  ] as const)('has the same bytes when it is exported again (%s, %s)', async (realisation, weights) => {
    const once = await exportTo(handle, few, realisation, weights)
    const again = await exportTo(handle, few.toReversed(), realisation, weights)
    expect(again.files).toEqual(once.files)
    expect(once.files).toHaveLength(weights === 'inline' ? 1 : 2)
    for (const { name, bytes, sha256: digest } of once.files) {
      expect(sha256(join(once.folder, name))).toBe(digest)
      expect(sha256(join(again.folder, name))).toBe(digest)
      expect(statSync(join(once.folder, name)).size).toBe(bytes)
    }
  })

  test('is opset 17, IR 8, reads input_ids and gives logits', async () => {
    const { file } = await exportTo(handle, few, 'compact')
    const scanned = withFile(file, 'pruned.onnx', scanModel)
    expect(scanned).toMatchObject({ irVersion: 8, opset: 17, producer: 'snip-workbench' })
    const exported = await openExported(file)
    const { inputMetadata, outputMetadata } = exported.session
    expect(inputMetadata).toMatchObject([{ name: 'input_ids', type: 'int64', shape: ['batch', 'sequence'] }])
    const shape = ['batch', 'sequence', checkpoint.vocabulary]
    expect(outputMetadata).toMatchObject([{ name: 'logits', type: 'float32', shape }])
    const other = ids.toReversed()
    const both = await exported.logits([ids, other])
    expect(both.dims).toEqual([2, ids.length, checkpoint.vocabulary])
    for (const [row, sequence] of [ids, other].entries()) {
      const { data } = await exported.logits([sequence])
      const half = both.data.subarray(row * data.length, (row + 1) * data.length)
      expect(largestDifference(half, data)).toBeLessThan(1e-5)
    }
    await exported.release()
  })

  test('carries the metadata that it was given', async () => {
    const file = join(work, 'named.onnx')
    const metadata = { 'snip.planHash': 'a'.repeat(64), note: 'größer' }
    const request = { handle, plan: planOf(few), realisation: 'zeroed', file, weights: 'inline', metadata } as const
    await doneOf(host.client.exportModel(request))
    const scanned = withFile(file, 'named.onnx', scanModel)
    expect(scanned.metadata.get('note')).toBe('größer')
    expect(scanned.metadata.get('snip.planHash')).toBe('a'.repeat(64))
  })

  test('shrinks query, key and value where a whole key-value group is gone, and only there', async () => {
    const whole = await exportTo(handle, [], 'compact')
    const open = async (file: string) => openHandle(host, file, 1, tokenizerOf(checkpoint))
    const before = await open(whole.file)
    expect(before).toMatchObject({ headCounts: [4, 4, 4], keyValueHeadCounts: [2, 2, 2] })
    const gone = await exportTo(handle, wholeHeads(checkpoint, 1, [2, 3]), 'compact')
    const after = await open(gone.file)
    expect(after).toMatchObject({ source: 'export', headCounts: [4, 2, 4], keyValueHeadCounts: [2, 1, 2] })
    expect(after.neurons).toEqual({ mlp: [40, 40, 40], attention: [24, 12, 24] })
    const { headWidth } = checkpoint
    const width = 24
    // Two heads of query and output rows, one of key and value.
    expect(before.parameters - after.parameters).toBe(width * headWidth * (2 + 2 + 1 + 1))
    const dimension = await exportTo(handle, ['attention:1:0'], 'compact')
    const thinner = await open(dimension.file)
    expect(thinner).toMatchObject({ headCounts: [4, 4, 4], keyValueHeadCounts: [2, 2, 2] })
    expect(before.parameters - thinner.parameters).toBe(width)
  })

  test.each(['gpt2-f16', 'llama-biases-bf16', 'llama-grouped-tied'])(
    'can be pruned and exported again, its neurons numbered anew (%s)',
    async (name) => {
      const first = writeCase(join(work, 'again'), name)
      const original = await openHandle(host, first.checkpoint.directory)
      const removedFirst = [...wholeHeads(first.checkpoint, 0, [1]), 'attention:1:5', 'mlp:0:0', 'mlp:0:7', 'mlp:1:2']
      const once = await exportTo(original.handle, removedFirst, 'compact')
      const opened = await openHandle(host, once.file, 1, tokenizerOf(first.checkpoint))
      expect(opened.neurons.mlp[0]).toBe(first.checkpoint.mlpNeurons - 2)
      // mlp:0:0 of the smaller model is mlp:0:1 of the original; attention:0:headWidth was 2 x headWidth; attention:1:5 was 6.
      const { headWidth } = first.checkpoint
      const removedAgain = ['mlp:0:0', `attention:0:${headWidth}`, 'attention:1:5', 'mlp:1:2']
      const inOriginal = ['mlp:0:1', `attention:0:${2 * headWidth}`, 'attention:1:6', 'mlp:1:3']
      const masked = await hostAnswers(original.handle, first.ids, [...removedFirst, ...inOriginal])
      for (const realisation of ['zeroed', 'compact'] as const) {
        const twice = await exportTo(opened.handle, removedAgain, realisation, 'inline')
        expectClose(masked, await fileAnswers(twice.file, first.ids))
        const last = await openHandle(host, twice.file, 1, tokenizerOf(first.checkpoint))
        expect(last.neurons.mlp[0]).toBe(first.checkpoint.mlpNeurons - (realisation === 'compact' ? 3 : 2))
      }
    },
  )

  test('keeps nothing of the model but biases and the head where all neurons are gone', async () => {
    const { file } = await exportTo(handle, plans['all neurons']!, 'compact')
    const opened = await openHandle(host, file, 1, tokenizerOf(checkpoint))
    expect(opened.neurons).toEqual({ mlp: [0, 0, 0], attention: [0, 0, 0] })
    // The embedding, tied to the head, and the last norm: this family has no biases here.
    expect(opened.parameters).toBe(checkpoint.vocabulary * 24 + 24)
    expect(existsSync(`${file}.data`)).toBe(true)
    const masked = await hostAnswers(handle, ids, plans['all neurons']!)
    expectClose(masked, await hostAnswers(opened.handle, ids, null))
  })
})
