import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { buildDecoderGraph, type GraphPurpose } from '../../../src/core/onnx/decoder-graph.ts'
import { exportPurpose } from '../../../src/core/onnx/export-format.ts'
import { scanModel, type ScannedModel } from '../../../src/core/onnx/model-scanner.ts'
import { onnxType, pieceLength, serialiseModel, type WeightPlace } from '../../../src/core/onnx/serialise.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { shapedGpt2, shapedLlama, type Shaped } from '../architectures/layouts.ts'
import { MemorySource } from './memory-source.ts'
import { mutated, resultOf } from './mutations.ts'

const location = 'model.safetensors'
const metadata = { 'snip.format': '1', 'snip.layout': '{"a":1}', note: 'größer' }

/** The bytes of a model whose weights lie beside it, or in it as bytes of their own number. */
function modelBytes({ layout, tensors }: Shaped, kind: WeightPlace['kind'], purpose: GraphPurpose = exportPurpose) {
  const graph = buildDecoderGraph(layout, (name) => tensors.get(name)!.dtype, purpose)
  const pieces = serialiseModel(
    graph,
    (name) => {
      const { shape, dtype, offset, byteLength } = tensors.get(name)!
      const place: WeightPlace = kind === 'inline' ? { kind, byteLength } : { kind, location, offset, byteLength }
      return { name, type: onnxType(dtype), dims: shape, place }
    },
    { opset: 17, irVersion: 8, producerVersion: '1', metadata },
  )
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + pieceLength(piece), 0))
  const places = new Map<string, number>()
  let at = 0
  for (const piece of pieces) {
    if ('weight' in piece) {
      places.set(piece.weight, at)
      bytes.fill(0xff, at, at + piece.byteLength)
    } else bytes.set(piece.bytes, at)
    at += pieceLength(piece)
  }
  return { graph, bytes, places }
}

const models: readonly [string, Shaped][] = [
  ['GPT-2', shapedGpt2()],
  ['Llama', shapedLlama()],
  ['GPT-2 of type BF16', shapedGpt2({ dtype: 'BF16' })],
]

describe.each(models)('a serialised %s', (_, shaped) => {
  test.each(['external', 'inline'] as const)('is read back: texts, numbers, tensors and %s weights', (kind) => {
    const { graph, bytes, places } = modelBytes(shaped, kind)
    const source = new MemorySource(bytes)
    const scanned = scanModel(source)
    expect(scanned).toMatchObject({ irVersion: 8, opset: 17, producer: 'snip-workbench' })
    expect(Object.fromEntries(scanned.metadata)).toEqual(metadata)
    expect(scanned.tensors.map(({ name }) => name)).toEqual([...graph.constants.map((c) => c.name), ...graph.weights])
    for (const name of graph.weights) {
      const entry = shaped.tensors.get(name)!
      const tensor = scanned.tensors.find((candidate) => candidate.name === name)!
      expect([tensor.type, ...tensor.dims]).toEqual([onnxType(entry.dtype), ...entry.shape])
      const { offset, byteLength } = entry
      const external = { location, offset: String(offset), length: String(byteLength) }
      const raw = { offset: places.get(name), byteLength }
      expect({ raw: tensor.raw, external: tensor.external && { ...tensor.external } }).toEqual(
        kind === 'inline' ? { raw, external: null } : { raw: null, external },
      )
    }
    for (const constant of graph.constants) {
      const { raw } = scanned.tensors.find(({ name }) => name === constant.name)!
      expect(source.read(raw!.offset, raw!.byteLength)).toEqual(constant.bytes)
    }
  })

  test('has the same bytes whenever it is made', () => {
    expect(modelBytes(shaped, 'inline').bytes).toEqual(modelBytes(shaped, 'inline').bytes)
  })
})

test('weights in the file are stepped over, not read', () => {
  const { bytes } = modelBytes(shapedGpt2({ width: 240 }), 'inline')
  const source = new MemorySource(bytes)
  scanModel(source)
  expect(bytes.length).toBeGreaterThan(5_000_000)
  expect(source.bytesRead).toBeLessThan(200_000)
})

test('names of external data are looked up in nothing but the file', () => {
  const { bytes } = modelBytes(shapedGpt2({ layers: 1 }), 'external')
  const [tensor] = scanModel(new MemorySource(bytes)).tensors.filter(({ external }) => external !== null)
  expect(tensor!.external!['constructor']).toBeUndefined()
})

test('a GPT-2 small is at most 45 kB, and at most 60 kB with masks and a cache', () => {
  const small = shapedGpt2({ layers: 12, width: 768, heads: 12, vocabulary: 50257, context: 1024 })
  const size = (purpose: GraphPurpose): number => modelBytes(small, 'external', purpose).bytes.length
  const plain = size(exportPurpose)
  expect(plain).toBeGreaterThan(20_000)
  expect(plain).toBeLessThanOrEqual(45_000)
  const purposes: readonly GraphPurpose[] = [
    { attention: 'causal', masks: true, record: null, output: 'logits' },
    { attention: 'causal', masks: true, record: null, output: 'losses-and-ranks' },
    { attention: 'given', masks: true, record: null, output: 'losses' },
    { attention: 'cached', masks: true, record: null, output: 'last-logits' },
  ]
  for (const purpose of purposes) expect(size(purpose), JSON.stringify(purpose)).toBeLessThanOrEqual(60_000)
})

const anyRefusal = { kind: 'bad-model', message: 'hostile.onnx, byte 0: none', remedy: 'None.' }

/** Scans bytes that may be anything: a model, or a SnipError that names a place. */
function scan(bytes: Uint8Array): ScannedModel | SnipError {
  const source = new MemorySource(bytes, 'hostile.onnx')
  const result = resultOf(() => scanModel(source))
  // Windows of 4 KB around each field, and each text once: no more than a small multiple of the file.
  expect(source.bytesRead).toBeLessThan(40 * bytes.length + 10_000)
  const { kind, message, remedy } = result instanceof SnipError ? result : anyRefusal
  expect(kind).toBe('bad-model')
  expect(message).toMatch(/^hostile\.onnx, byte \d+: .+/)
  expect(remedy).toMatch(/\.$/)
  return result
}

describe('a hostile .onnx', () => {
  const { bytes } = modelBytes(shapedLlama({ layers: 1 }), 'external')

  test('cut off after any byte is refused, or reads as a part of the whole', () => {
    const whole = scanModel(new MemorySource(bytes))
    let complete = 0
    for (let length = 0; length < bytes.length; length++) {
      const result = scan(bytes.subarray(0, length))
      if (result instanceof SnipError) continue
      complete++
      // Only what follows the graph can be missing.
      expect(result.tensors).toEqual(whole.tensors)
      expect(result.metadata.size).toBeLessThan(whole.metadata.size)
    }
    // Before and after the operator set, and after each metadata entry but the last.
    expect(complete).toBe(4)
  })

  test('with seeded changes, 10,000 times, is a model or refused, quickly', () => {
    const random = createRandom(77)
    const started = performance.now()
    let refused = 0
    for (let round = 0; round < 10_000; round++) if (scan(mutated(bytes, random)) instanceof SnipError) refused++
    expect(refused).toBeGreaterThan(1000)
    expect((performance.now() - started) / 10_000).toBeLessThan(5)
  })

  test.each([
    ['a varint without an end', [0x08, ...Array.from({ length: 20 }, () => 0x80)], /does not end/],
    ['a number beyond 2^53', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], /too large/],
    ['a field longer than the file', [0x3a, 0xff, 0xff, 0xff, 0xff, 0x07], /does not fit/],
    ['a group of old protobuf', [0x0b], /wire format/],
    ['a fixed number cut off', [0x09, 1, 2], /cut off/],
    ['no graph', [0x08, 0x08], /0 graphs/],
    ['two graphs', [0x3a, 0x00, 0x3a, 0x00], /2 graphs/],
    ['a producer that is not UTF-8', [0x12, 0x02, 0xff, 0xfe, 0x3a, 0x00], /not UTF-8/],
    [
      'a tensor of 17 dimensions',
      [0x3a, 0x15, 0x2a, 0x13, 0x0a, 0x11, ...Array.from({ length: 17 }, () => 1)],
      /more than 16 dimensions/,
    ],
  ])('of %s is refused', (_, content, says) => {
    expect(() => scanModel(new MemorySource(Uint8Array.from(content)))).toThrow(says)
  })

  test('nested a million deep takes no stack', () => {
    const deep = new Uint8Array(1_000_000)
    for (let at = 0; at < deep.length; at += 2) deep.set([0x3a, 0x7f], at)
    expect(scan(deep)).toBeInstanceOf(SnipError)
  })
})
