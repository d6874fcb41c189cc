import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { readSafetensorsHeader, type SafetensorsHeader } from '../../../src/core/onnx/safetensors.ts'
import { bytesPerElement, elementCount, requireTensor } from '../../../src/core/onnx/tensor-index.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { tensorsOf } from '../architectures/layouts.ts'
import { MemorySource } from './memory-source.ts'
import { mutated, resultOf } from './mutations.ts'

const encoder = new TextEncoder()

function file(header: string | object, dataLength: number): Uint8Array {
  const text = encoder.encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const header = {
  __metadata__: { format: 'pt' },
  'a.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
  scalar: { dtype: 'F16', shape: [], data_offsets: [32, 34] },
  none: { dtype: 'F32', shape: [0, 5], data_offsets: [34, 34] },
  ids: { dtype: 'I64', shape: [1], data_offsets: [34, 42] },
}

const anyRefusal = { kind: 'bad-model', message: 'm.safetensors: none', remedy: 'None.' }

function read(bytes: Uint8Array): SafetensorsHeader | SnipError {
  const source = new MemorySource(bytes, 'm.safetensors')
  const result = resultOf(() => readSafetensorsHeader(source))
  expect(source.bytesRead).toBeLessThanOrEqual(bytes.length)
  const { kind, message, remedy } = result instanceof SnipError ? result : anyRefusal
  expect(kind).toBe('bad-model')
  expect(message).toMatch(/^m\.safetensors: [^\n]+$/)
  expect(remedy).toMatch(/\.$/)
  return result
}

describe('a safetensors header', () => {
  test('gives each tensor its type, shape and place in the file; other types are named only', () => {
    const bytes = file(header, 42)
    const start = bytes.length - 42
    const { tensors, skipped, metadata } = readSafetensorsHeader(new MemorySource(bytes, 'm.safetensors'))
    const at = { file: 'm.safetensors' }
    expect(tensors).toEqual([
      { ...at, name: 'a.weight', dtype: 'F32', shape: [2, 3], offset: start, byteLength: 24 },
      { ...at, name: 'b', dtype: 'BF16', shape: [4], offset: start + 24, byteLength: 8 },
      { ...at, name: 'scalar', dtype: 'F16', shape: [], offset: start + 32, byteLength: 2 },
      { ...at, name: 'none', dtype: 'F32', shape: [0, 5], offset: start + 34, byteLength: 0 },
    ])
    expect(skipped).toEqual(['ids'])
    expect(metadata).toEqual({ format: 'pt' })
  })

  test('cut off after any byte, or longer, is refused', () => {
    const bytes = file(header, 42)
    for (let length = 0; length < bytes.length; length++) {
      expect(read(bytes.subarray(0, length)), `${length} bytes`).toBeInstanceOf(SnipError)
    }
  })

  test('with seeded changes, 10,000 times, is read or refused, and what is read lies in the file', () => {
    const bytes = file(header, 42)
    const random = createRandom(78)
    const started = performance.now()
    let refused = 0
    for (let round = 0; round < 10_000; round++) {
      const changed = mutated(bytes, random)
      const result = read(changed)
      if (result instanceof SnipError) {
        refused++
        continue
      }
      for (const { shape, dtype, offset, byteLength } of result.tensors) {
        expect(elementCount(shape)! * bytesPerElement[dtype]).toBe(byteLength)
        expect(offset >= 8 && offset + byteLength <= changed.length).toBe(true)
      }
    }
    expect(refused).toBeGreaterThan(5000)
    expect((performance.now() - started) / 10_000).toBeLessThan(5)
  })

  test('names like those of object properties are names like others', () => {
    const text =
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"constructor":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
    const { tensors } = readSafetensorsHeader(new MemorySource(file(text, 8)))
    expect(tensors.map(({ name }) => name)).toEqual(['__proto__', 'constructor'])
    expect(tensors.map(({ byteLength }) => byteLength)).toEqual([4, 4])
  })

  test('metadata that are no texts are refused', () => {
    for (const metadata of [5, [], null, { a: 1 }]) {
      expect(read(file({ __metadata__: metadata }, 0))).toBeInstanceOf(SnipError)
    }
  })

  test('a very long name does not make a very long message', () => {
    const result = read(file({ ['x'.repeat(100_000)]: 5 }, 0))
    expect((result as SnipError).message.length).toBeLessThan(400)
  })
})

describe('a tensor that is asked for', () => {
  const tensors = tensorsOf({ 'a.weight': [2, 3] })

  test('must be there and have the shape', () => {
    expect(requireTensor(tensors, 'a.weight', [2, 3]).byteLength).toBe(24)
    expect(() => requireTensor(tensors, 'b', [1])).toThrow('The weights have no tensor "b"')
    const says = 'Tensor "a.weight" in model.safetensors has shape [2, 3]; config.json asks for [3, 2]'
    expect(() => requireTensor(tensors, 'a.weight', [3, 2])).toThrow(says)
    expect(() => requireTensor(tensors, 'a.weight', [2, 3, 1])).toThrow(says.replace('[3, 2]', '[2, 3, 1]'))
  })

  test('has a number of elements that can be counted exactly', () => {
    expect(elementCount([])).toBe(1)
    expect(elementCount([2, 0, 5])).toBe(0)
    expect(elementCount([2 ** 26, 2 ** 26])).toBe(2 ** 52)
    for (const shape of [[2 ** 27, 2 ** 27], [-1], [0.5], [NaN], [2 ** 53]]) expect(elementCount(shape)).toBeNull()
  })
})
