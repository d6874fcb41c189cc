import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { parseLayout } from '../../../src/core/architectures/layout-schema.ts'
import { neuronWidths, weightNames } from '../../../src/core/architectures/layout.ts'
import { architectures, findArchitecture } from '../../../src/core/architectures/registry.ts'
import { buildDecoderGraph } from '../../../src/core/onnx/decoder-graph.ts'
import { exportPurpose } from '../../../src/core/onnx/export-format.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { shapedGpt2, shapedLlama } from './layouts.ts'

describe('the registry of architectures', () => {
  test('finds a family by model_type', () => {
    const ids = architectures.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['gpt2', 'llama', 'opt', 'gpt_neox', 'mistral', 'gemma2', 'phi']))
    expect(new Set(ids).size).toBe(ids.length)
    for (const architecture of architectures) {
      expect(findArchitecture({ model_type: architecture.id })).toBe(architecture)
      expect(architecture.name.length * architecture.citation.length).toBeGreaterThan(0)
    }
    expect(() => findArchitecture({ model_type: 'mamba' })).toThrow('Models of family "mamba" are not supported')
    const packed = { model_type: 'llama', quantization_config: { quant_method: 'gptq' } }
    expect(() => findArchitecture(packed)).toThrow(/quantization_config to .*gptq/)
    for (const config of [null, [], {}, { model_type: null }, 'gpt2']) {
      expect(() => findArchitecture(config)).toThrow('config.json names no model_type')
    }
  })
})

describe.each([
  ['GPT-2', shapedGpt2()],
  ['Llama', shapedLlama()],
])('a layout of %s', (_, { layout, tensors }) => {
  test('uses every tensor of its checkpoint once', () => {
    expect(weightNames(layout).toSorted()).toEqual([...tensors.keys()].toSorted())
  })

  test('is read back from JSON as it was', () => {
    expect(parseLayout(JSON.parse(JSON.stringify(layout)), tensors, 'a file')).toEqual(layout)
  })

  test('with any value of its JSON replaced ends in a SnipError or in a graph that can be built', () => {
    const random = createRandom(1)
    const values = [null, -1, 0, 1, 2, 1e308, 1e15, 0.5, '', '__proto__', 'wte.weight', true, [], {}, [-1], ['x']]
    const paths = pathsOf(layout, [])
    let refused = 0
    for (let round = 0; round < 3000; round++) {
      const copy = JSON.parse(JSON.stringify(layout)) as object
      const path = paths[random.integer(paths.length)]!
      setAt(copy, path, values[random.integer(values.length)])
      try {
        const parsed = parseLayout(copy, tensors, 'a file')
        const graph = buildDecoderGraph(parsed, (name) => tensors.get(name)!.dtype, exportPurpose)
        expect(graph.nodes.length).toBeGreaterThan(5)
      } catch (error) {
        if (!(error instanceof SnipError) || error.kind !== 'bad-model') throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(2000)
  })

  test('that contradicts its tensors or itself is refused', () => {
    const change = (edit: (copy: typeof layout) => unknown): (() => unknown) => {
      const copy = structuredClone(layout)
      edit(copy)
      return () => parseLayout(copy, tensors, 'a file')
    }
    const attention = (copy: typeof layout) => copy.blocks[1]!.attention
    expect(change(() => null)).not.toThrow()
    expect(change((copy) => Object.assign(copy, { width: 13 }))).toThrow(/has shape/)
    expect(change((copy) => Object.assign(copy, { vocabularySize: 21 }))).toThrow(/has shape/)
    expect(change((copy) => Object.assign(copy, { extra: 1 }))).toThrow(/layout in its metadata is wrong/)
    expect(change((copy) => Object.assign(copy.head, { outputs: 7 }))).toThrow(/has shape|has the wrong width/)
    expect(change((copy) => Object.assign(attention(copy), { headCount: 2 }))).toThrow(/wrong width|do not exist/)
    expect(change((copy) => Object.assign(attention(copy), { keyValueOfHead: [0] }))).toThrow(/do not exist/)
    expect(change((copy) => Object.assign(attention(copy), { keptColumns: [12] }))).toThrow(/kept column/)
    expect(change((copy) => Object.assign(attention(copy), { keptColumns: [0, 1] }))).toThrow(/reads 12 values/)
  })
})

test('positions that do not reach as far as the context, or do not fit the width they turn, are refused', () => {
  const learned = shapedGpt2()
  const longer = { ...learned.layout, contextLength: learned.layout.contextLength + 1 }
  expect(() => parseLayout(longer, learned.tensors, 'a file')).toThrow(/table of positions/)
  const rotary = shapedLlama({ layers: 1 })
  const positions = { ...rotary.layout.positions, inverseFrequencies: [1, 1, 1] }
  expect(() => parseLayout(rotary.layout, rotary.tensors, 'a file')).not.toThrow()
  expect(() => parseLayout({ ...rotary.layout, positions }, rotary.tensors, 'a file')).toThrow(/rotary frequencies/)
})

test('neurons are counted per layer and site', () => {
  expect(neuronWidths(shapedGpt2().layout)).toEqual({ mlp: [48, 48], attention: [12, 12] })
  expect(neuronWidths(shapedLlama({ layers: 3 }).layout)).toEqual({ mlp: [20, 20, 20], attention: [12, 12, 12] })
})

function pathsOf(value: unknown, at: (string | number)[]): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...at, key]))].filter(
    (path) => path.length > 0,
  )
}

function setAt(target: object, path: readonly (string | number)[], value: unknown): void {
  let holder = target as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>
  Object.defineProperty(holder, path.at(-1)!, { value, enumerable: true, configurable: true, writable: true })
}
