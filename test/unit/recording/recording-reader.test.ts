import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/core/onnx/tensor-index.ts'
import { RecordingReader } from '../../../src/core/recording/recording-reader.ts'
import { noWindow, recordingFiles, type RecordingManifest } from '../../../src/core/recording/recording-format.ts'
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
  [recordingFiles.tokenStarts]: Int32Array.of(0, 2, 0),
  [recordingFiles.rows]: Int32Array.of(0, 0, 1),
}

function open(name: string): ByteSource {
  const view = files[name] as ArrayBufferView
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  return { name, size: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) }
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
    const short = new RecordingReader({ ...manifest, neurons: 4 }, open)
    expect(failureOf(() => short.statistics()).message).toBe('statistics.f64 of the recording has 120 bytes, not 160')
  })
})
