import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createNeuronSpace } from '../../../src/core/ranking/neuron-space.ts'
import type { RecordingReader } from '../../../src/core/recording/recording-reader.ts'
import { allNeurons, peakiestNeurons, readNeuronList } from '../../../src/main/services/recordings/neuron-list.ts'
import { failureOf, scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const space = createNeuronSpace({ mlp: [3, 3], attention: [2, 2] })

function list(text: string): string {
  const path = join(folder, 'list.txt')
  writeFileSync(path, text)
  return path
}

describe('a list of neurons', () => {
  it('reads lines, a JSON array, a plan and a ranking alike, in their order and each neuron once', () => {
    const ids = ['mlp:1:2', 'attention:0:1']
    expect(readNeuronList(list('mlp:1:2\r\n\n attention:0:1 \nmlp:1:2'), space)).toEqual(ids)
    expect(readNeuronList(list(JSON.stringify(ids)), space)).toEqual(ids)
    expect(readNeuronList(list(JSON.stringify({ neurons: ids }, null, 2)), space)).toEqual(ids)
    const header = { method: 'random', preset: null, params: {}, modelHash: null, seed: 1, neuronCount: 10 }
    const rows = ids.map((neuron, at) => ({ neuron, score: -at, rank: at + 1 }))
    expect(readNeuronList(list([header, ...rows].map((row) => JSON.stringify(row)).join('\n')), space)).toEqual(ids)
  })

  it('refuses what is no neuron, what was not recorded, and an empty list', () => {
    expect(failureOf(() => readNeuronList(list('mlp:1'), space)).message).toBe('list.txt: "mlp:1" names no neuron')
    expect(failureOf(() => readNeuronList(list('mlp:1:3'), space)).message).toContain('neurons 0 to 2')
    expect(failureOf(() => readNeuronList(list('\n'), space)).message).toBe('list.txt lists no neuron')
    expect(failureOf(() => readNeuronList(list('[1]'), space)).kind).toBe('bad-file')
  })

  it('takes the neurons whose maximum stands out most, ties to the lower layer, then the lower index', () => {
    // max / rms: mlp 2, 0 (never fires), 4 | 4, 1, 1; attention 4, 1 | 8, 1.
    const max = Float64Array.of(2, 0, 8, 4, 1, 1, 4, 1, 8, 1)
    const rms = Float64Array.of(1, 0, 2, 1, 1, 1, 1, 1, 1, 1)
    const reader = { space, statistics: () => ({ max, rms }) } as unknown as RecordingReader
    expect(peakiestNeurons(reader, 5)).toEqual(['attention:1:0', 'attention:0:0', 'mlp:0:2', 'mlp:1:0', 'mlp:0:0'])
    expect(failureOf(() => peakiestNeurons(reader, 11)).kind).toBe('bad-argument')
    expect(allNeurons(space)).toHaveLength(10)
  })
})
