import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/core/onnx/tensor-index.ts'
import { RecordingReader } from '../../../src/core/recording/recording-reader.ts'
import {
  noWindow,
  recordingFiles,
  recordingManifestSchema,
  type RecordingManifest,
} from '../../../src/core/recording/recording-format.ts'
import { failureOf } from '../services/scratch.ts'

/** Two MLP neurons and one attention neuron, three windows of two tokens, the last one with one token of padding. */
const manifest: RecordingManifest = {
  version: 1,
  model: { path: '/m', modelHash: 'h', family: 'gpt2', vocabularySize: 10, contextLength: 4 },
  dataHash: 'd',
  window: 2,
  windows: 3,
  tokens: 5,
  rowData: true,
  sites: ['mlp', 'attention'],
  layerWidths: { mlp: [2], attention: [1] },
  neurons: 3,
  sampled: 3,
  seed: 0,
}

const unused = Array.from({ length: 18 }, () => noWindow)
const one = 0x3c00
const files: Record<string, ArrayBufferView> = {
  // countPositive, sum, sumAbs, sumSquares, max: neuron 1 had -1, 2, 2, 0, 1.
  [recordingFiles.statistics]: Float64Array.of(0, 3, 0, 0, 4, 0, 0, 6, 0, 0, 10, 0, 0, 2, 0),
  [recordingFiles.topWindows]: Uint32Array.of(...unused, 0, 0, 1, 2, ...unused, ...unused, 0, 0),
  [recordingFiles.topMaxima]: Float32Array.of(...unused, 0, 0, 2, 1, ...unused, ...unused, 0, 0),
  [recordingFiles.topActivations]: Uint16Array.from({ length: 3 * 20 * 2 }, (_, at) => (at === 42 ? one : 0)),
  [recordingFiles.sampleWindows]: Uint32Array.of(0, 1, 2),
  [recordingFiles.sampleMaxima]: Uint16Array.of(0, 0x4000, 0, 0, one, 0, 0, 0x4200, 0),
  [recordingFiles.tokens]: Int32Array.of(5, 6, 7, 8, 9, 0),
  [recordingFiles.lengths]: Int32Array.of(2, 2, 1),
  [recordingFiles.histogram]: Uint32Array.from({ length: 3 * 64 }, (_, at) => at),
  [recordingFiles.tokenStarts]: Int32Array.of(0, 2, 0),
  [recordingFiles.rows]: Int32Array.of(0, 0, 1),
}

function open(name: string): ByteSource {
  const view = files[name] as ArrayBufferView
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  return { name, size: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) }
}

const second = { site: 'mlp', layer: 0, index: 1 } as const

/** A reader of the recording with one value of one file replaced. */
function reading(name: string, at: number, value: ArrayBufferView): RecordingReader {
  return new RecordingReader(manifest, (wanted) => {
    const source = open(wanted)
    if (wanted !== name) return source
    const bytes = source.read(0, source.size)
    bytes.set(new Uint8Array(value.buffer), at * value.byteLength)
    return { ...source, read: (offset, length) => bytes.slice(offset, offset + length) }
  })
}

describe('a recording', () => {
  const reader = new RecordingReader(manifest, open)

  it('gives the statistics of a neuron in closed form', () => {
    const neuron = reader.neuron({ site: 'mlp', layer: 0, index: 1 })
    expect(neuron).toMatchObject({ neuron: 'mlp:0:1', tokens: 5, freq: 0.6, mean: 0.8, meanAbs: 1.2, max: 2 })
    expect(neuron.rms).toBeCloseTo(Math.sqrt(2), 12)
    expect(neuron.stdPopulation).toBeCloseTo(Math.sqrt(2 - 0.64), 12)
    expect(reader.statistics().mean).toEqual(Float64Array.of(0, 0.8, 0))
  })

  it('gives the histogram of that neuron with the edges between its bins', () => {
    const { edges, counts } = reader.neuron({ site: 'mlp', layer: 0, index: 1 }).histogram
    expect(counts).toEqual(Array.from({ length: 64 }, (_, bin) => 64 + bin))
    expect(edges).toHaveLength(63)
    expect(edges[31]).toBe(0)
    expect(edges.slice(32, 35)).toEqual([0.005859375, 0.0078125, 0.01171875])
  })

  it('gives the top windows that are used, without padding, with their place in the document', () => {
    expect(reader.neuron({ site: 'mlp', layer: 0, index: 1 }).windows).toEqual([
      { window: 1, tokenStart: 2, row: 0, ids: [7, 8], max: 2, activations: [0, 0] },
      { window: 2, tokenStart: 0, row: 1, ids: [9], max: 1, activations: [1] },
    ])
  })

  it('sorts the sampled windows of that neuron into bands', () => {
    const { bands } = reader.neuron({ site: 'mlp', layer: 0, index: 1 })
    expect(bands.map(({ windows }) => windows.map(({ window, max }) => [window, max]))).toEqual([
      [[1, 1]],
      [
        [0, 2],
        [2, 3],
      ],
      [],
      [],
    ])
  })

  it('counts the tokens of the corpus without padding', () => {
    expect(reader.tokenCounts()).toEqual(Uint32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1))
  })

  it('refuses a neuron that was not recorded and a file of the wrong size', () => {
    expect(failureOf(() => reader.neuron({ site: 'mlp', layer: 1, index: 0 })).kind).toBe('bad-argument')
    const wider = { ...manifest, neurons: 4, layerWidths: { mlp: [2], attention: [2] } }
    const short = new RecordingReader(wider, open)
    expect(failureOf(() => short.statistics()).message).toBe('statistics.f64 of the recording has 120 bytes, not 160')
  })

  it('shows an activation beyond f16 as the largest f16, since JSON has no infinity', () => {
    const { activations } = reading(recordingFiles.topActivations, 42, Uint16Array.of(0x7c00)).neuron(second)
      .windows[1]!
    expect(activations).toEqual([65504])
    const { bands } = reading(recordingFiles.sampleMaxima, 1, Uint16Array.of(0xfc00)).neuron(second)
    expect(bands[0]).toMatchObject({ low: -65504, high: -65504 })
  })

  it('counts tokens of windows whose length or ids were tampered with only as far as they go', () => {
    expect(reading(recordingFiles.lengths, 0, Int32Array.of(-4)).tokenCounts()[5]).toBe(0)
    expect(reading(recordingFiles.lengths, 2, Int32Array.of(1_000_000)).tokenCounts()[0]).toBe(1)
    expect(reading(recordingFiles.tokens, 0, Int32Array.of(77)).tokenCounts()[6]).toBe(1)
  })
})

describe('a recording that was tampered with', () => {
  const cases: readonly (readonly [string, number, ArrayBufferView, RegExp])[] = [
    [recordingFiles.lengths, 1, Int32Array.of(-3), /window 1 has -3 tokens of 2/],
    [recordingFiles.lengths, 1, Int32Array.of(3), /window 1 has 3 tokens of 2/],
    [recordingFiles.tokens, 2, Int32Array.of(10), /window 1 holds 10, which is no token/],
    [recordingFiles.tokens, 3, Int32Array.of(-1), /window 1 holds -1, which is no token/],
    [recordingFiles.tokenStarts, 1, Int32Array.of(-1), /window 1 starts before its document/],
    [recordingFiles.rows, 1, Int32Array.of(-1), /window 1 starts before its document/],
    [recordingFiles.topWindows, 20, Uint32Array.of(3), /it names window 3 and has only 3/],
    [recordingFiles.statistics, 4, Float64Array.of(NaN), /mean of mlp:0:1 is not finite/],
    [recordingFiles.topMaxima, 20, Float32Array.of(NaN), /largest activation of mlp:0:1 is not finite/],
    [recordingFiles.topActivations, 42, Uint16Array.of(0x7e00), /an activation that is not a number/],
    [recordingFiles.sampleMaxima, 1, Uint16Array.of(0x7e00), /an activation that is not a number/],
    [recordingFiles.sampleWindows, 0, Uint32Array.of(9), /it names window 9/],
  ]
  it.each(cases)('is refused: %s at %i', (name, at, value, message) => {
    const failure = failureOf(() => reading(name, at, value).neuron(second))
    expect(failure).toMatchObject({ kind: 'bad-file', message: expect.stringMatching(message) as string })
  })

  it('is refused when its layers do not add up, or when arrays would be made by absurd numbers', () => {
    const uneven = () => new RecordingReader({ ...manifest, neurons: 4 }, open)
    expect(failureOf(uneven).message).toMatch(/layers do not add up/)
    const absurd = { ...manifest, model: { ...manifest.model, vocabularySize: 1e15 } }
    for (const wrong of [absurd, { ...manifest, layerWidths: { mlp: [-2], attention: [5] } }]) {
      expect(recordingManifestSchema.safeParse(wrong).success).toBe(false)
    }
    expect(recordingManifestSchema.safeParse(manifest).success).toBe(true)
  })
})
