import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelFacts } from '../../src/contract/engine-host.ts'
import { parseNeuron, type NeuronId, type Site } from '../../src/contract/neuron.ts'
import { createNeuronSpace, flattenNeuron, type NeuronSpace } from '../../src/core/ranking/neuron-space.ts'
import { halfValue } from '../../src/core/numbers/half.ts'
import { histogramEdges } from '../../src/core/recording/histogram.ts'
import { noWindow } from '../../src/core/recording/recording-format.ts'
import { createRandom, deriveSeed } from '../../src/core/stats/random.ts'
import { withRecording } from '../../src/main/files/open-recording.ts'
import { float16Bits } from '../support/models/dtype.ts'
import { expectFailure, scratchFolder } from './expectations.ts'
import { openHandle, writeCase } from './families.ts'
import { readStream, startHost, type TestHost } from './host.ts'
import { readArrays, recordingBytes, writeManifest } from './recorded.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('recording')
const seed = 3
const sites: readonly Site[] = ['mlp', 'attention']
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

interface Corpus {
  readonly documents: readonly { text: string; row?: number }[]
  readonly keepShort: boolean
  readonly window: number
  readonly tokens?: number
}

/** Records a corpus into a new folder. */
async function record(name: string, handle: string, corpus: Corpus, over: readonly Site[] = sites) {
  const directory = join(work, name)
  mkdirSync(directory)
  const { documents, keepShort, window } = corpus
  const tokens = corpus.tokens ?? null
  const made = await host.client.corpus({ handle, documents: [...documents], keepShort, window, tokens })
  const input = { handle, corpus: made.corpus, directory, sites: [...over], seed }
  const { events, done } = await readStream(host.client.record(input))
  expect(done).toMatchObject({ windows: made.windows, tokens: made.tokens, resumedAtWindow: 0 })
  return { directory, events, done }
}

/** Every neuron of some indices of every layer and site. */
function someNeurons({ neurons }: ModelFacts): NeuronId[] {
  const chosen: NeuronId[] = []
  for (const site of sites) {
    for (const [layer, width] of neurons[site].entries()) {
      for (const index of [0, 1, 7, width - 1]) chosen.push(`${site}:${layer}:${index}`)
    }
  }
  return chosen
}

/** What a recording must hold of one neuron, from its activations in every window. */
function bruteForce(windows: readonly (readonly number[])[]) {
  const all = windows.flat()
  const maxima = windows.map((window) => Math.max(...window))
  const order = maxima.map((_, window) => window).sort((a, b) => maxima[b]! - maxima[a]! || a - b)
  return {
    countPositive: all.filter((value) => value > 0).length,
    sum: all.reduce((sum, value) => sum + value, 0),
    sumAbs: all.reduce((sum, value) => sum + Math.abs(value), 0),
    sumSquares: all.reduce((sum, value) => sum + value * value, 0),
    max: Math.max(...maxima),
    maxima,
    top: order.slice(0, 20),
  }
}

/** Bins by counting edges: no knowledge of how activations are written in bits. */
function countBins(values: readonly number[]): number[] {
  const edges = histogramEdges()
  const bins = Array.from({ length: edges.length - 1 }, () => 0)
  for (const value of values) {
    let bin = 0
    // The edge itself belongs to the side away from zero; zero to the positive side.
    while (
      bin + 1 < bins.length &&
      (value > 0 || Object.is(value, 0) ? value >= edges[bin + 1]! : value > edges[bin + 1]!)
    )
      bin++
    if (Object.is(value, -0)) bin = 31
    bins[bin]!++
  }
  return bins
}

const relative = (a: number, b: number, scale: number): number => Math.abs(a - b) / scale

interface Case {
  readonly name: string
  readonly model: string
  readonly corpus: Corpus
}

const rows = Array.from({ length: 300 }, (_, row) => ({ text: randomText(100 + row, 1 + (row % 23)), row: 2 * row }))

const cases: readonly Case[] = [
  {
    name: 'more windows than the sample holds',
    model: 'gpt2-odd-inner-relu',
    corpus: { documents: [{ text: randomText(1, 4500) }], keepShort: false, window: 8 },
  },
  {
    name: 'several documents, of which the first tokens',
    model: 'gpt2-f16',
    corpus: {
      documents: [{ text: randomText(2, 500) }, { text: 'q' }, { text: randomText(3, 900) }],
      keepShort: false,
      window: 32,
      tokens: 1500,
    },
  },
  {
    name: 'rows with short windows',
    model: 'llama-biases-bf16',
    corpus: { documents: rows, keepShort: true, window: 24 },
  },
  {
    name: 'fewer windows than the top list holds',
    model: 'llama-grouped-tied',
    corpus: { documents: [{ text: randomText(4, 60) }], keepShort: true, window: 16 },
  },
]

describe.each(cases)('a recording of $name', ({ name, model, corpus }) => {
  const { checkpoint } = writeCase(work, model)
  let facts: ModelFacts
  let space: NeuronSpace
  let directory: string
  let arrays: ReturnType<typeof readArrays>
  let neurons: NeuronId[]
  /** [neuron][window][token], as the host computes them one window at a time. */
  let activations: number[][][]
  let windows: number[][]
  let total: number

  beforeAll(async () => {
    facts = await openHandle(host, checkpoint.directory)
    space = createNeuronSpace(facts.neurons)
    const recorded = await record(name, facts.handle, corpus)
    directory = recorded.directory
    total = recorded.done.neurons
    const rowData = corpus.documents.some(({ row }) => row !== undefined)
    writeManifest(directory, facts, recorded.done, { window: corpus.window, rowData, sites, seed })
    arrays = readArrays(directory)
    windows = Array.from(arrays.lengths, (length, window) =>
      Array.from(arrays.tokens.subarray(window * corpus.window, window * corpus.window + length)),
    )
    neurons = someNeurons(facts)
    activations = (await host.client.activations({ handle: facts.handle, windows, neurons })).activations
  })

  const flat = (neuron: NeuronId): number => flattenNeuron(space, parseNeuron(neuron)!)

  test('holds the windows of the corpus', async () => {
    const expected: number[][] = []
    let left = corpus.tokens ?? Infinity
    for (const { text } of corpus.documents) {
      const { ids: all } = await host.client.encode({ handle: facts.handle, text, specialTokens: false })
      const ids = all.slice(0, left)
      left -= ids.length
      for (let start = 0; start < ids.length; start += corpus.window) {
        const window = ids.slice(start, start + corpus.window)
        if (window.length === corpus.window || (corpus.keepShort && window.length >= 2)) expected.push(window)
      }
    }
    expect(windows).toEqual(expected)
    expect(windows.length > 1000).toBe(name.startsWith('more'))
    expect(windows.length < 20).toBe(name.startsWith('fewer'))
    expect(Math.min(...arrays.lengths) < corpus.window).toBe(corpus.keepShort)
  })

  test('counts exactly, sums within 1e-5 and has the exact maximum', () => {
    for (const [n, neuron] of neurons.entries()) {
      const truth = bruteForce(activations[n]!)
      const statistic = (part: number): number => arrays.statistics[part * total + flat(neuron)]!
      expect(statistic(0), neuron).toBe(truth.countPositive)
      expect(relative(statistic(1), truth.sum, truth.sumAbs), neuron).toBeLessThan(1e-5)
      expect(relative(statistic(2), truth.sumAbs, truth.sumAbs), neuron).toBeLessThan(1e-5)
      expect(relative(statistic(3), truth.sumSquares, truth.sumSquares), neuron).toBeLessThan(1e-5)
      expect(statistic(4), neuron).toBe(truth.max)
    }
  })

  test('lists the top 20 windows, ties to the earlier, with activations to the precision of f16', () => {
    for (const [n, neuron] of neurons.entries()) {
      const truth = bruteForce(activations[n]!)
      const first = 20 * flat(neuron)
      const listed = Array.from(arrays.topWindows.subarray(first, first + 20))
      expect(
        listed.filter((window) => window !== noWindow),
        neuron,
      ).toEqual(truth.top)
      for (const [place, window] of truth.top.entries()) {
        expect(arrays.topMaxima[first + place]).toBe(truth.maxima[window])
        const from = (first + place) * corpus.window
        const halves = Array.from(arrays.topActivations.subarray(from, from + corpus.window))
        const expected = Array.from({ length: corpus.window }, (_, token) => activations[n]![window]![token] ?? 0)
        expect(halves, `${neuron} window ${window}`).toEqual(expected.map(float16Bits))
      }
    }
  })

  test('samples windows by seed, with their maxima in f16 and their histogram', () => {
    const count = Math.min(1000, windows.length)
    const drawn = createRandom(deriveSeed(seed, 'sample-windows')).sample(windows.length, count)
    const sample = Array.from(arrays.sampleWindows)
    expect(sample).toEqual(drawn.toSorted((a, b) => a - b))
    for (const [n, neuron] of neurons.entries()) {
      const { maxima } = bruteForce(activations[n]!)
      const column = sample.map((_, row) => arrays.sampleMaxima[row * total + flat(neuron)]!)
      expect(column, neuron).toEqual(sample.map((window) => float16Bits(maxima[window]!)))
      const bins = Array.from(arrays.histogram.subarray(64 * flat(neuron), 64 * flat(neuron) + 64))
      expect(bins, neuron).toEqual(countBins(sample.flatMap((window) => activations[n]![window]!)))
    }
  })

  test('is read back as statistics, top windows and quantile bands', () => {
    withRecording(directory, (reader) => {
      const tokens = windows.flat().length
      for (const [n, neuron] of neurons.entries()) {
        const truth = bruteForce(activations[n]!)
        const read = reader.neuron(parseNeuron(neuron)!)
        expect(read).toMatchObject({ neuron, tokens, max: truth.max, freq: truth.countPositive / tokens })
        const mean = truth.sum / tokens
        const meanAbs = truth.sumAbs / tokens
        expect(relative(read.meanAbs, meanAbs, meanAbs)).toBeLessThan(1e-5)
        expect(relative(read.mean, mean, meanAbs)).toBeLessThan(1e-5)
        const variance = activations[n]!.flat().reduce((sum, value) => sum + (value - mean) ** 2, 0) / tokens
        expect(relative(read.stdPopulation, Math.sqrt(variance), Math.sqrt(variance))).toBeLessThan(1e-4)
        expect(read.windows.map(({ window }) => window)).toEqual(truth.top)
        for (const { window, ids, row } of read.windows) {
          expect(ids).toEqual(windows[window])
          // The rows of these documents are even numbers.
          const isRow = corpus.documents[0]!.row !== undefined
          expect(row === undefined ? undefined : row % 2).toBe(isRow ? 0 : undefined)
        }
        const sampled = Array.from(arrays.sampleWindows, (window) => halfValue(float16Bits(truth.maxima[window]!)))
        const sorted = sampled.toSorted((a, b) => a - b)
        expect(read.bands.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(sampled.length)
        for (const { from, to, count, low, high, note, windows: listed } of read.bands) {
          const members = sorted.filter((_, rank) => {
            const quantile = (rank + 0.5) / sampled.length
            return quantile >= from && quantile < to
          })
          expect(count).toBe(members.length)
          expect(low).toBe(members[0] ?? null)
          expect(high).toBe(members.at(-1) ?? null)
          expect(note !== undefined).toBe(members.length < 3)
          expect(listed).toHaveLength(Math.min(5, members.length))
        }
      }
    })
  })
})

describe('a recording', () => {
  const { checkpoint } = writeCase(join(work, 'more'), 'llama-grouped-tied')
  const corpus: Corpus = { documents: rows.slice(0, 200), keepShort: true, window: 16 }

  test('has the same bytes when it is made again, by one thread or by two', async () => {
    const one = await openHandle(host, checkpoint.directory, 1)
    const two = await openHandle(host, checkpoint.directory, 2)
    const made = await record('one', one.handle, corpus)
    const again = await record('again', one.handle, corpus)
    const other = await record('two', two.handle, corpus)
    const bytes = recordingBytes(made.directory)
    expect(Object.keys(bytes)).toHaveLength(11)
    expect(recordingBytes(again.directory)).toEqual(bytes)
    expect(recordingBytes(other.directory)).toEqual(bytes)
    expect(made.events.at(-1)).toEqual({
      kind: 'progress',
      done: made.done.windows,
      total: made.done.windows,
      unit: 'windows',
    })
  })

  test('of one site holds what a recording of both sites holds of it', async () => {
    const { handle, neurons } = await openHandle(host, checkpoint.directory)
    const both = readArrays((await record('both sites', handle, corpus)).directory)
    for (const site of sites) {
      const alone = await record(`site ${site}`, handle, corpus, [site])
      const arrays = readArrays(alone.directory)
      const count = neurons[site].reduce((sum, width) => sum + width, 0)
      expect(alone.done.neurons).toBe(count)
      const offset = site === 'mlp' ? 0 : both.statistics.length / 5 - count
      const total = both.statistics.length / 5
      for (let part = 0; part < 5; part++) {
        const whole = both.statistics.subarray(part * total + offset, part * total + offset + count)
        expect(arrays.statistics.subarray(part * count, (part + 1) * count)).toEqual(whole)
      }
      expect(arrays.topWindows).toEqual(both.topWindows.subarray(20 * offset, 20 * (offset + count)))
    }
  })

  test('whose files were cut short, or do not belong together, is refused when it is read', async () => {
    const facts = await openHandle(host, checkpoint.directory)
    const { directory, done } = await record('damaged', facts.handle, corpus)
    const files = ['statistics.f64', 'top-windows.u32', 'sample-maxima.f16', 'tokens.i32', 'lengths.i32']
    const read = () => withRecording(directory, (reader) => reader.neuron({ site: 'mlp', layer: 0, index: 1 }))
    await expectFailure(read, 'not-found', 'holds no recording')
    writeManifest(directory, facts, done, { window: corpus.window, rowData: true, sites, seed })
    expect(read().tokens).toBe(done.tokens)
    for (const name of files) {
      const path = join(directory, name)
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.subarray(0, -1))
      await expectFailure(read, 'bad-file', name, `${bytes.length - 1} bytes, not ${bytes.length}`)
      writeFileSync(path, bytes)
    }
    rmSync(join(directory, 'top-maxima.f32'))
    await expectFailure(read, 'not-found', 'top-maxima.f32')
  })

  test('is refused with one clear sentence where the corpus or the window cannot be', async () => {
    const { handle } = await openHandle(host, checkpoint.directory)
    const make = (changes: Partial<Corpus>) => () => {
      const { documents, keepShort, window, tokens } = { ...corpus, ...changes }
      return host.client.corpus({ handle, documents: [...documents], keepShort, window, tokens: tokens ?? null })
    }
    await expectFailure(make({ window: 33 }), 'bad-argument', '33')
    await expectFailure(make({ window: 1 }), 'bad-argument', '1')
    await expectFailure(make({ documents: [{ text: '' }] }), 'bad-data', 'tokenizes to nothing')
    await expectFailure(make({ documents: [{ text: 'and' }], keepShort: false }), 'bad-data', '16')
    await expectFailure(make({ tokens: 1_000_000 }), 'bad-argument', '1000000')
    await expectFailure(
      () => host.client.activations({ handle, windows: [[1, 2]], neurons: ['mlp:0:40'] }),
      'bad-argument',
      'mlp:0:40',
    )
    await expectFailure(() => host.client.activations({ handle, windows: [[]], neurons: ['mlp:0:4'] }), 'bad-argument')
    await expectFailure(
      () => host.client.activations({ handle, windows: [[272]], neurons: ['mlp:0:4'] }),
      'bad-argument',
      '272',
    )
  })
})
