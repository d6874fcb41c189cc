import { describe, expect, test } from 'vitest'
import type { Neuron } from '../../../src/contract/neuron.ts'
import { readSafetensorsHeader } from '../../../src/core/onnx/safetensors.ts'
import { readSafetensorsLayout, serialiseSafetensorsHeader } from '../../../src/core/onnx/safetensors-layout.ts'
import { compactConfigChanges, weightFileParts } from '../../../src/core/pruning/checkpoint-files.ts'
import { partChunks, type FilePart } from '../../../src/core/pruning/planned-file.ts'
import { realise, type DerivedTensor } from '../../../src/core/pruning/realise.ts'
import { shapedGpt2, shapedLlama } from '../architectures/layouts.ts'
import { MemorySource } from '../onnx/memory-source.ts'

const mlp = (layer: number, ...indices: number[]): Neuron[] => indices.map((index) => ({ site: 'mlp', layer, index }))

/** A file of three tensors, the second one of no weights' type, with a metadata entry. */
function someFile(): MemorySource {
  const tensors = [
    { name: '10', dtype: 'F32', shape: [2, 2], start: 0, end: 16 },
    { name: 'mask', dtype: 'U8', shape: [3], start: 16, end: 19 },
    { name: '2', dtype: 'F16', shape: [2], start: 19, end: 23 },
  ]
  const header = serialiseSafetensorsHeader({ tensors, metadata: { format: 'pt' } })
  const data = new Uint8Array(23).map((_, i) => i + 1)
  return new MemorySource(new Uint8Array([...header, ...data]), 'model.safetensors')
}

function bytesOf(parts: readonly FilePart[], source: MemorySource): Uint8Array {
  const chunks = parts.flatMap((part) => [...partChunks(part, () => source)].map((chunk) => [...chunk]))
  return Uint8Array.from(chunks.flat())
}

function changing(source: MemorySource, change: Partial<DerivedTensor>): FilePart[] {
  const entry = readSafetensorsHeader(source).tensors.find(({ name }) => name === '10')!
  const whole = { source: entry, shape: entry.shape, rows: null, columns: null, zeroRows: null, zeroColumns: null }
  const tensors = new Map([['10', { ...whole, ...change }]])
  return weightFileParts(source, readSafetensorsLayout(source), { tensors, biases: new Map() })
}

describe('a weight file', () => {
  test('keeps every other byte when rows of a tensor become zero', () => {
    const source = someFile()
    const before = source.read(0, source.size)
    const after = bytesOf(changing(source, { zeroRows: [1] }), source)
    const start = readSafetensorsLayout(source).dataStart
    expect([...after.subarray(start + 8, start + 16)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(after.subarray(0, start + 8)).toEqual(before.subarray(0, start + 8))
    expect(after.subarray(start + 16)).toEqual(before.subarray(start + 16))
  })

  test('gets a header of its own when a tensor shrinks: same order, types and metadata, nothing between the data', () => {
    const source = someFile()
    const after = new MemorySource(bytesOf(changing(source, { rows: [1], shape: [1, 2] }), source))
    const { dataStart, tensors, metadata } = readSafetensorsLayout(after)
    expect(dataStart % 8).toBe(0)
    expect(metadata).toEqual({ format: 'pt' })
    expect(tensors).toEqual(
      expect.arrayContaining([
        { name: '10', dtype: 'F32', shape: [1, 2], start: 0, end: 8 },
        { name: 'mask', dtype: 'U8', shape: [3], start: 8, end: 11 },
        { name: '2', dtype: 'F16', shape: [2], start: 11, end: 15 },
      ]),
    )
    expect([...after.read(dataStart, 15)]).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23])
    expect(() => readSafetensorsHeader(after)).not.toThrow()
  })
})

describe('a compact checkpoint', () => {
  const changesOf = (make: typeof shapedGpt2 | typeof shapedLlama, removed: Neuron[]) => {
    const { layout, tensors } = make()
    return compactConfigChanges(layout, realise(layout, tensors, removed, 'compact').layout)
  }

  test('says the new width under the family’s own key', () => {
    const { layout } = shapedGpt2()
    const width = layout.blocks[0]!.mlp.kind === 'mlp' ? layout.blocks[0]!.mlp.down.inputs : 0
    expect(changesOf(shapedGpt2, [...mlp(0, 1, 3), ...mlp(1, 0, 2)])).toEqual({ n_inner: width - 2 })
    expect(Object.keys(changesOf(shapedLlama, [...mlp(0, 1), ...mlp(1, 0)]))).toEqual(['intermediate_size'])
    expect(changesOf(shapedLlama, [])).toEqual({})
  })

  test('refuses, by layer, what config.json cannot say', () => {
    expect(() => changesOf(shapedGpt2, mlp(1, 0))).toThrow('that of layer 1')
    expect(() => changesOf(shapedGpt2, [{ site: 'attention', layer: 1, index: 0 }])).toThrow('The attention of layer 1')
  })
})
