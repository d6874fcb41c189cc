import { describe, expect, test } from 'vitest'
import type { Neuron, Site } from '../../../src/contract/neuron.ts'
import type { AttentionLayout } from '../../../src/core/architectures/layout.ts'
import { neuronWidths, weightNames } from '../../../src/core/architectures/layout.ts'
import { parseLayout } from '../../../src/core/architectures/layout-schema.ts'
import { derivedByteLength, derivedChunks, exportedType } from '../../../src/core/pruning/derived-bytes.ts'
import { realise, type DerivedTensor } from '../../../src/core/pruning/realise.ts'
import type { TensorEntry, WeightType } from '../../../src/core/onnx/tensor-index.ts'
import { recordedLayout, shapedGpt2, shapedLlama } from '../architectures/layouts.ts'
import { MemorySource } from '../onnx/memory-source.ts'

const neurons = (site: Site, layer: number, ...indices: number[]): Neuron[] =>
  indices.map((index) => ({ site, layer, index }))
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** The tensors whose shape or content differs from the source. */
function changed(tensors: ReadonlyMap<string, DerivedTensor>): Record<string, Partial<DerivedTensor>> {
  const found: Record<string, Partial<DerivedTensor>> = {}
  for (const [name, { rows, columns, zeroRows, zeroColumns }] of tensors) {
    const changes = Object.entries({ rows, columns, zeroRows, zeroColumns }).filter(([, value]) => value !== null)
    if (changes.length > 0) found[name] = Object.fromEntries(changes)
  }
  return found
}

describe('zeroed', () => {
  test('zeroes rows of a GPT-2’s output projections, which are stored [in, out], and nothing else', () => {
    const { layout, tensors } = shapedGpt2()
    const removed = [...neurons('mlp', 0, 7, 3), ...neurons('attention', 1, 11)]
    const realised = realise(layout, tensors, removed, 'zeroed')
    expect(realised.layout).toEqual(layout)
    expect(changed(realised.tensors)).toEqual({
      'h.0.mlp.c_proj.weight': { zeroRows: [3, 7] },
      'h.1.attn.c_proj.weight': { zeroRows: [11] },
    })
    expect([...realised.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted())
  })

  test('zeroes columns of a Llama’s, which are stored [out, in]', () => {
    const { layout, tensors } = shapedLlama()
    const realised = realise(layout, tensors, [...neurons('mlp', 1, 19), ...neurons('attention', 0, 0, 4)], 'zeroed')
    expect(changed(realised.tensors)).toEqual({
      'model.layers.1.mlp.down_proj.weight': { zeroColumns: [19] },
      'model.layers.0.self_attn.o_proj.weight': { zeroColumns: [0, 4] },
    })
  })
})

describe('compact', () => {
  test('narrows an MLP: outputs of up, its bias, inputs of down', () => {
    const { layout, tensors } = shapedGpt2({ inner: 5 })
    const realised = realise(layout, tensors, neurons('mlp', 0, 1, 3), 'compact')
    expect(changed(realised.tensors)).toEqual({
      'h.0.mlp.c_fc.weight': { columns: [0, 2, 4] },
      'h.0.mlp.c_fc.bias': { rows: [0, 2, 4] },
      'h.0.mlp.c_proj.weight': { rows: [0, 2, 4] },
    })
    expect(realised.tensors.get('h.0.mlp.c_fc.weight')?.shape).toEqual([12, 3])
    expect(realised.tensors.get('h.0.mlp.c_proj.weight')?.shape).toEqual([3, 12])
    expect(neuronWidths(realised.layout).mlp).toEqual([3, 5])
  })

  test('narrows a gated MLP: rows of gate and up, columns of down', () => {
    const { layout, tensors } = shapedLlama({ inner: 4 })
    const realised = realise(layout, tensors, neurons('mlp', 1, 0), 'compact')
    expect(changed(realised.tensors)).toEqual({
      'model.layers.1.mlp.gate_proj.weight': { rows: [1, 2, 3] },
      'model.layers.1.mlp.up_proj.weight': { rows: [1, 2, 3] },
      'model.layers.1.mlp.down_proj.weight': { columns: [1, 2, 3] },
    })
  })

  test('keeps query, key and value where no whole head is gone, and gathers the kept columns', () => {
    const { layout, tensors } = shapedGpt2()
    const realised = realise(layout, tensors, neurons('attention', 0, 0, 5), 'compact')
    const kept = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    expect(changed(realised.tensors)).toEqual({ 'h.0.attn.c_proj.weight': { rows: kept } })
    expect(realised.layout.blocks[0]!.attention).toMatchObject({ headCount: 3, keptColumns: kept })
  })

  test('drops query, key and value of a whole head of a GPT-2, and the columns that are left are renumbered', () => {
    const { layout, tensors } = shapedGpt2()
    // Head 1 is 4..7; of head 2 dimension 9 goes, too.
    const realised = realise(layout, tensors, neurons('attention', 0, 4, 5, 6, 7, 9), 'compact')
    const heads = [...range(0, 4), ...range(8, 12)]
    const fused = [...heads, ...heads.map((c) => 12 + c), ...heads.map((c) => 24 + c)]
    expect(changed(realised.tensors)).toEqual({
      'h.0.attn.c_attn.weight': { columns: fused },
      'h.0.attn.c_attn.bias': { rows: fused },
      'h.0.attn.c_proj.weight': { rows: [0, 1, 2, 3, 8, 10, 11] },
    })
    expect(realised.layout.blocks[0]!.attention).toMatchObject({
      headCount: 2,
      keyValueHeadCount: 2,
      keyValueOfHead: [0, 1],
      keptColumns: [0, 1, 2, 3, 4, 6, 7],
    })
  })

  test('drops a query head alone while another of its group lives, and the group with its last head', () => {
    const { layout, tensors } = shapedLlama()
    // Head width 2, six heads, three groups: heads 2 and 3 read group 1.
    const one = realise(layout, tensors, neurons('attention', 0, 4, 5), 'compact')
    expect(Object.keys(changed(one.tensors))).toEqual([
      'model.layers.0.self_attn.q_proj.weight',
      'model.layers.0.self_attn.o_proj.weight',
    ])
    expect(one.layout.blocks[0]!.attention).toMatchObject({
      headCount: 5,
      keyValueHeadCount: 3,
      keyValueOfHead: [0, 0, 1, 2, 2],
      keptColumns: null,
    })
    const both = realise(layout, tensors, neurons('attention', 0, 4, 5, 6, 7), 'compact')
    expect(changed(both.tensors)).toEqual({
      'model.layers.0.self_attn.q_proj.weight': { rows: [0, 1, 2, 3, 8, 9, 10, 11] },
      'model.layers.0.self_attn.k_proj.weight': { rows: [0, 1, 4, 5] },
      'model.layers.0.self_attn.v_proj.weight': { rows: [0, 1, 4, 5] },
      'model.layers.0.self_attn.o_proj.weight': { columns: [0, 1, 2, 3, 8, 9, 10, 11] },
    })
    expect(both.layout.blocks[0]!.attention).toMatchObject({ keyValueHeadCount: 2, keyValueOfHead: [0, 0, 1, 1] })
  })

  test('drops query, key and value of a head together where they stand side by side', () => {
    const { layout, tensors } = recordedLayout('gpt-neox')
    // Two heads of 16: the fused projection has the 48 outputs of head 0, then those of head 1.
    const realised = realise(layout, tensors, neurons('attention', 0, ...range(0, 16), 20), 'compact')
    expect(changed(realised.tensors)).toEqual({
      'gpt_neox.layers.0.attention.query_key_value.weight': { rows: range(48, 96) },
      'gpt_neox.layers.0.attention.query_key_value.bias': { rows: range(48, 96) },
      'gpt_neox.layers.0.attention.dense.weight': { columns: range(16, 32).filter((column) => column !== 20) },
    })
    expect(realised.layout.blocks[0]!.attention).toMatchObject({
      projections: { order: 'heads', linear: { outputs: 48 } },
      headCount: 1,
      keptColumns: [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    })
  })

  test('keeps all heads where a norm goes over all of them, and gathers the kept columns', () => {
    const { layout, tensors } = recordedLayout('olmo2')
    const realised = realise(layout, tensors, neurons('attention', 0, ...range(0, 8)), 'compact')
    expect(changed(realised.tensors)).toEqual({
      'model.layers.0.self_attn.o_proj.weight': { columns: range(8, 16) },
    })
    expect(realised.layout.blocks[0]!.attention).toMatchObject({ headCount: 4, keptColumns: range(8, 16) })
  })

  test('keeps the norm of an output that is gone only as far as it still adds something', () => {
    const { layout, tensors } = recordedLayout('gemma2')
    const { layout: pruned } = realise(layout, tensors, neurons('mlp', 0, ...range(0, 37)), 'compact')
    expect(pruned.blocks[0]!.mlp).toEqual({ kind: 'removed', bias: null })
    const gone = weightNames(layout).filter((name) => !weightNames(pruned).includes(name))
    expect(gone.map((name) => name.replace('model.layers.0.', ''))).toEqual([
      'pre_feedforward_layernorm.weight',
      'mlp.gate_proj.weight',
      'mlp.up_proj.weight',
      'mlp.down_proj.weight',
      'post_feedforward_layernorm.weight',
    ])
  })

  test('leaves the bias of the output projection where a whole sublayer is gone, and no other tensor of it', () => {
    const { layout, tensors } = shapedGpt2()
    const removed = [...neurons('attention', 0, ...range(0, 12)), ...neurons('mlp', 1, ...range(0, 48))]
    const { layout: pruned } = realise(layout, tensors, removed, 'compact')
    expect(pruned.blocks[0]!.attention).toEqual({ kind: 'removed', bias: 'h.0.attn.c_proj.bias' })
    expect(pruned.blocks[1]!.mlp).toEqual({ kind: 'removed', bias: 'h.1.mlp.c_proj.bias' })
    const gone = [...tensors.keys()].filter((name) => !weightNames(pruned).includes(name))
    expect(gone.toSorted()).toEqual([
      'h.0.attn.c_attn.bias',
      'h.0.attn.c_attn.weight',
      'h.0.attn.c_proj.weight',
      'h.0.ln_1.bias',
      'h.0.ln_1.weight',
      'h.1.ln_2.bias',
      'h.1.ln_2.weight',
      'h.1.mlp.c_fc.bias',
      'h.1.mlp.c_fc.weight',
      'h.1.mlp.c_proj.weight',
    ])
    const llama = shapedLlama()
    const { layout: noBias } = realise(llama.layout, llama.tensors, neurons('mlp', 0, ...range(0, 20)), 'compact')
    expect(noBias.blocks[0]!.mlp).toEqual({ kind: 'removed', bias: null })
  })

  test.each([
    ['GPT-2', shapedGpt2({ heads: 6 })],
    ['Llama', shapedLlama()],
  ])('of a compact %s equals removing all at once', (_, { layout, tensors }) => {
    const first = realise(layout, tensors, neurons('attention', 0, 2, 3, 6), 'compact')
    const entries = new Map<string, TensorEntry>()
    for (const [name, derived] of first.tensors) entries.set(name, { ...derived.source, shape: derived.shape })
    expect(parseLayout(first.layout, entries, 'the smaller model')).toEqual(first.layout)
    // What is left: 0 1 4 5 7 8 9 10 11; its indices 2 and 3 were 4 and 5, its index 4 was 7.
    const second = realise(first.layout, entries, neurons('attention', 0, 2, 3, 4), 'compact')
    const atOnce = realise(layout, tensors, neurons('attention', 0, 2, 3, 6, 4, 5, 7), 'compact')
    expect(second.layout).toEqual(atOnce.layout)
    const attention = second.layout.blocks[0]!.attention as AttentionLayout
    expect([attention.headCount, attention.output.inputs]).toEqual([3, 6])
    for (const [name, { shape }] of atOnce.tensors) expect(second.tensors.get(name)?.shape).toEqual(shape)
  })

  test('of nothing changes nothing', () => {
    const { layout, tensors } = shapedLlama()
    const realised = realise(layout, tensors, [], 'compact')
    expect(realised.layout).toEqual(layout)
    expect(changed(realised.tensors)).toEqual({})
  })
})

describe('derived bytes', () => {
  const source = (dtype: WeightType, shape: number[]): TensorEntry => {
    const byteLength = shape.reduce((product, size) => product * size, 1) * (dtype === 'F32' ? 4 : 2)
    return { name: 't', dtype, shape, file: 'f', offset: 4, byteLength }
  }
  const plain = { rows: null, columns: null, zeroRows: null, zeroColumns: null }

  function bytesOf(values: readonly number[], tensor: DerivedTensor): Float32Array {
    const file = new Uint8Array(4 + values.length * 4)
    file.set(new Uint8Array(Float32Array.from(values).buffer), 4)
    const chunks = [...derivedChunks(tensor, new MemorySource(file))]
    const joined = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))
    expect(joined.length).toBe(derivedByteLength(tensor))
    return new Float32Array(joined.buffer)
  }

  const matrix = range(0, 12)

  test.each<[string, Partial<DerivedTensor>, number[], number[]]>([
    ['a matrix as it is', {}, [3, 4], matrix],
    ['rows', { rows: [2, 0] }, [2, 4], [8, 9, 10, 11, 0, 1, 2, 3]],
    ['columns', { columns: [3, 1] }, [3, 2], [3, 1, 7, 5, 11, 9]],
    ['rows and columns', { rows: [1, 2], columns: [0] }, [2, 1], [4, 8]],
    ['zeroed rows', { zeroRows: [1] }, [3, 4], [0, 1, 2, 3, 0, 0, 0, 0, 8, 9, 10, 11]],
    ['zeroed columns', { zeroColumns: [0, 3] }, [3, 4], [0, 1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 0]],
    ['zeroed rows among chosen ones', { rows: [0, 2], zeroRows: [2] }, [2, 4], [0, 1, 2, 3, 0, 0, 0, 0]],
  ])('of %s', (_, changes, shape, expected) => {
    const tensor = { ...plain, ...changes, source: source('F32', [3, 4]), shape }
    expect([...bytesOf(matrix, tensor)]).toEqual(expected)
  })

  test('of some elements of a vector, and of a scalar', () => {
    expect([...bytesOf([5, 6, 7], { ...plain, rows: [0, 2], source: source('F32', [3]), shape: [2] })]).toEqual([5, 7])
    expect([...bytesOf([5], { ...plain, source: source('F32', []), shape: [] })]).toEqual([5])
  })

  test('of BF16 are widened to F32, those of F16 stay', () => {
    expect([exportedType('BF16'), exportedType('F16'), exportedType('F32')]).toEqual(['F32', 'F16', 'F32'])
    const file = Uint8Array.of(0, 0, 0, 0, 0x80, 0x3f, 0x40, 0xc0, 0x00, 0x3f)
    const tensor = { ...plain, rows: [1, 2], source: source('BF16', [3]), shape: [2] }
    const [chunk] = [...derivedChunks(tensor, new MemorySource(file))]
    expect(new Float32Array(Uint8Array.from(chunk!).buffer)).toEqual(Float32Array.of(-3, 0.5))
    expect(derivedByteLength(tensor)).toBe(8)
  })

  test('of a large tensor come in pieces that never hold it whole', () => {
    const rows = 3000
    const width = 1024
    const file = new MemorySource(new Uint8Array(4 + rows * width * 4))
    const tensor = { ...plain, source: source('F32', [rows, width]), shape: [rows, width] }
    let total = 0
    let largest = 0
    for (const chunk of derivedChunks(tensor, file)) {
      total += chunk.length
      largest = Math.max(largest, chunk.length)
    }
    expect(total).toBe(rows * width * 4)
    expect(largest).toBeLessThanOrEqual(4 * 1024 * 1024)
  })
})
