import { describe, expect, test } from 'vitest'
import type { TensorEntry, TensorIndex } from '../../../src/core/onnx/tensor-index.ts'
import { foldedBytes, foldReplacement, type FixedNeuron } from '../../../src/core/pruning/fold-replacement.ts'
import { realise } from '../../../src/core/pruning/realise.ts'
import { shapedGpt2, shapedLlama } from '../architectures/layouts.ts'
import { MemorySource } from '../onnx/memory-source.ts'

const entry = (name: string, shape: number[], offset: number): TensorEntry => {
  const byteLength = 4 * shape.reduce((a, b) => a * b, 1)
  return { name, dtype: 'F32', shape, file: 'w', offset, byteLength }
}
const floats = (bytes: Uint8Array): number[] => [...new Float32Array(bytes.slice().buffer)]

describe('a folded bias', () => {
  // Rows of neurons 0 to 2, two outputs; then the bias.
  const source = new MemorySource(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 0.5, -0.5).buffer))
  const fixed = [
    { index: 0, value: 2 },
    { index: 2, value: -1 },
  ]
  const common = { name: 'b', width: 2, fixed }

  test('is the bias and value times row of each fixed neuron, stored [in, out]', () => {
    const weight = entry('w', [3, 2], 0)
    const bias = entry('b', [2], 24)
    // 0.5 + 2 x 1 - 5, -0.5 + 2 x 2 - 6.
    expect(floats(foldedBytes({ ...common, order: 'in-out', weight, bias }, () => source))).toEqual([-2.5, -2.5])
    expect(floats(foldedBytes({ ...common, order: 'in-out', weight, bias: null }, () => source))).toEqual([-3, -2])
  })

  test('takes columns of a matrix stored [out, in]', () => {
    const weight = entry('w', [2, 3], 0)
    // 2 x 1 - 3, 2 x 4 - 6.
    expect(floats(foldedBytes({ ...common, order: 'out-in', weight, bias: null }, () => source))).toEqual([-1, 2])
  })
})

describe('a realisation with means', () => {
  const fixed: FixedNeuron[] = [
    { site: 'mlp', layer: 0, index: 1, value: 0.5 },
    { site: 'attention', layer: 1, index: 0, value: 0 },
  ]
  const asHalf = (tensors: TensorIndex): TensorIndex =>
    new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, dtype: 'F16' as const }]))

  test('gives an output projection a bias of its own, and leaves the others, and zero means, alone', () => {
    const { layout, tensors } = shapedLlama()
    const folded = foldReplacement(realise(layout, tensors, fixed, 'compact'), layout, tensors, fixed, 'own')
    expect([...folded.biases.keys()]).toEqual(['model.layers.0.mlp.down_proj.bias_with_means'])
    const { mlp, attention } = folded.layout.blocks[0]!
    expect(mlp.kind === 'mlp' && mlp.down.bias).toBe('model.layers.0.mlp.down_proj.bias_with_means')
    expect(attention.kind === 'attention' && attention.output.bias).toBeNull()
    expect(folded.layout.blocks[1]!.attention).toEqual(
      realise(layout, tensors, fixed, 'compact').layout.blocks[1]!.attention,
    )
  })

  test('keeps what fixed neurons add where a whole sublayer is gone', () => {
    const { layout, tensors } = shapedLlama()
    const width = layout.blocks[0]!.mlp.kind === 'mlp' ? layout.blocks[0]!.mlp.down.inputs : 0
    const all = Array.from({ length: width }, (_, index) => ({ site: 'mlp' as const, layer: 0, index, value: 1 }))
    const folded = foldReplacement(realise(layout, tensors, all, 'compact'), layout, tensors, all, 'own')
    expect(folded.layout.blocks[0]!.mlp).toEqual({
      kind: 'removed',
      bias: 'model.layers.0.mlp.down_proj.bias_with_means',
    })
  })

  test('replaces the stored bias of a checkpoint, and refuses, by name, one that is missing or not f32', () => {
    const gpt2 = shapedGpt2()
    const zeroed = realise(gpt2.layout, gpt2.tensors, fixed, 'zeroed')
    const folded = foldReplacement(zeroed, gpt2.layout, gpt2.tensors, fixed, 'stored')
    expect([...folded.biases.keys()]).toEqual(['h.0.mlp.c_proj.bias'])
    expect(folded.tensors.has('h.0.mlp.c_proj.bias')).toBe(false)
    expect(() => foldReplacement(zeroed, gpt2.layout, asHalf(gpt2.tensors), fixed, 'stored')).toThrow(
      'h.0.mlp.c_proj.bias is stored as F16',
    )
    const llama = shapedLlama()
    const bare = realise(llama.layout, llama.tensors, fixed, 'zeroed')
    expect(() => foldReplacement(bare, llama.layout, llama.tensors, fixed, 'stored')).toThrow(
      'model.layers.0.mlp.down_proj.weight has no bias',
    )
  })
})
