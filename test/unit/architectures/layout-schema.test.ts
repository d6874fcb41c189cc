import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { parseLayout } from '../../../src/core/architectures/layout-schema.ts'
import { neuronWidths, type AttentionLayout, type ModelLayout } from '../../../src/core/architectures/layout.ts'
import { weightNames } from '../../../src/core/architectures/weight-names.ts'
import { architectures, findArchitecture } from '../../../src/core/architectures/registry.ts'
import { buildDecoderGraph } from '../../../src/core/onnx/decoder-graph.ts'
import { exportPurpose } from '../../../src/core/onnx/export-format.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { recordedLayout, shapedGpt2, shapedLlama } from './layouts.ts'

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

const twoFamilies = [
  ['GPT-2', shapedGpt2()],
  ['Llama', shapedLlama()],
] as const
/** Between them they have every part that a layout can have. */
const richFamilies = ['gemma2', 'gpt-neox', 'olmo2', 'opt-350m', 'qwen2-yarn', 'gptj'].map(
  (name) => [name, recordedLayout(name)] as const,
)

describe.each([...twoFamilies, ...richFamilies])('a layout of %s', (_, { layout, tensors }) => {
  test('uses every tensor of its checkpoint once', () => {
    const isBuffer = (name: string) => /inv_freq$|\.(?:attention|attn)\.(?:masked_)?bias$/.test(name)
    const weights = [...tensors.keys()].filter((name) => !isBuffer(name))
    expect(weightNames(layout).toSorted()).toEqual(weights.toSorted())
  })

  test('is read back from JSON as it was', () => {
    expect(parseLayout(JSON.parse(JSON.stringify(layout)), tensors, 'a file')).toEqual(layout)
  })

  test('with any value of its JSON replaced ends in a SnipError or in a graph that can be built', () => {
    const random = createRandom(1)
    const values = [null, -1, 0, 1, 2, 1e308, 1e15, 0.5, '', '__proto__', 'wte.weight', true, [], {}, [-1], ['x']]
    const paths = pathsOf(layout, [])
    const rounds = 500
    let refused = 0
    for (let round = 0; round < rounds; round++) {
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
    expect(refused).toBeGreaterThan(rounds / 2)
  })
})

describe.each(twoFamilies)('a layout of %s', (_, { layout, tensors }) => {
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

describe('parts that do not fit each other are refused', () => {
  const changed = (name: string, edit: (copy: ModelLayout) => unknown): (() => unknown) => {
    const { layout, tensors } = recordedLayout(name)
    const copy = structuredClone(layout)
    edit(copy)
    return () => parseLayout(copy, tensors, 'a file')
  }
  const norm = { kind: 'rms', weight: null, bias: null, epsilon: 1e-5 }

  test.each<[string, string, (copy: ModelLayout) => unknown, RegExp]>([
    ['a window in both directions', 'mistral', (copy) => Object.assign(copy, { bidirectional: true }), /has a window/],
    [
      'a norm over all heads of a projection by heads',
      'gpt-neox',
      (copy) => Object.assign(copy.blocks[0]!.attention, { keyNorm: { norm, over: 'all-heads' } }),
      /norm over all of them/,
    ],
    [
      'a norm between parallel sublayers',
      'gptj',
      (copy) => Object.assign(copy.blocks[0]!, { attentionResidualNorm: norm }),
      /between two parallel sublayers/,
    ],
    [
      'a norm of squares with a bias',
      'mistral',
      (copy) => Object.assign(copy.finalNorm!, { bias: 'model.norm.weight' }),
      /bias of a norm without one/,
    ],
    [
      'frequencies for more than a head',
      'qwen3',
      (copy) =>
        Object.assign(copy.positions, { rotaryWidth: 10, inverseFrequencies: Array.from({ length: 5 }, () => 1) }),
      /turn more than a head/,
    ],
    [
      'learned positions that begin too late',
      'opt',
      (copy) => Object.assign(copy.positions, { offset: 3 }),
      /table of positions/,
    ],
    [
      'a norm of heads of another width',
      'qwen3',
      (copy) => Object.assign((copy.blocks[0]!.attention as AttentionLayout).queryNorm!, { over: 'all-heads' }),
      /has shape/,
    ],
    [
      'embeddings projected to another width',
      'opt-350m',
      (copy) => Object.assign(copy, { embeddingProjection: copy.outputProjection }),
      /has shape/,
    ],
  ])('%s (%s)', (_, name, edit, says) => {
    expect(changed(name, () => null)).not.toThrow()
    expect(changed(name, edit)).toThrow(says)
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
