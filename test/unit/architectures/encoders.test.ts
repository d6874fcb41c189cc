import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { neuronWidths, type ModelLayout } from '../../../src/core/architectures/layout.ts'
import { findArchitecture } from '../../../src/core/architectures/registry.ts'
import { weightNames } from '../../../src/core/architectures/weight-names.ts'
import type { TensorIndex } from '../../../src/core/onnx/tensor-index.ts'
import { openCheckpointWeights } from '../../../src/main/engine-host/model/checkpoint-folder.ts'
import { imageFamilies, maskedFamilies } from '../../support/models/family-folders.ts'

type Changes = Readonly<Record<string, unknown>>

const folders = new Map([...maskedFamilies(), ...imageFamilies()].map((family) => [family.name, family]))

function layoutOf(name: string, changes: Changes = {}, tensors?: TensorIndex): ModelLayout {
  const { config, directory } = folders.get(name)!
  const changed = { ...config, ...changes }
  return findArchitecture(changed).layout(changed, tensors ?? openCheckpointWeights(directory).tensors)
}

function refusal(name: string, changes: Changes): SnipError {
  try {
    layoutOf(name, changes)
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
  throw new Error(`${name} with ${JSON.stringify(changes)} was expected to be refused`)
}

describe.each([...folders.keys()])('a checkpoint of %s', (name) => {
  const { directory, neurons } = folders.get(name)!
  const { tensors } = openCheckpointWeights(directory)
  const layout = layoutOf(name)

  test('has a layout that reads all of its weights but those of other tasks', () => {
    expect(neuronWidths(layout)).toEqual(neurons)
    const unused = [...tensors.keys()].filter((tensor) => !weightNames(layout).includes(tensor))
    const others = /pooler\.dense\.|seq_relationship\.|position_ids$|decoder\.bias$/
    expect(unused.filter((tensor) => !others.test(tensor))).toEqual([])
  })

  test('is read the same without the prefix of its trunk', () => {
    const bareName = (tensor: string) => tensor.replace(/^(?:bert|roberta|vit)\./, '')
    const renamed = new Map(
      [...tensors].map(([tensor, entry]) => [bareName(tensor), { ...entry, name: bareName(tensor) }]),
    )
    expect(weightNames(layoutOf(name, {}, renamed))).toEqual(weightNames(layout).map(bareName))
  })

  test('without one of its tensors is refused by its name', () => {
    const missing = weightNames(layout).at(-3)!
    const fewer = new Map([...tensors].filter(([tensor]) => tensor !== missing))
    expect(() => layoutOf(name, {}, fewer)).toThrow(
      `The weights have no tensor "${missing.replace('gamma', 'weight')}"`,
    )
  })
})

test.each<[string, Changes, SnipError['kind'], RegExp]>([
  ['bert', { position_embedding_type: 'relative_key' }, 'unsupported-model', /position_embedding_type .*relative_key/],
  ['bert', { is_decoder: true }, 'unsupported-model', /is_decoder to true/],
  ['roberta', { add_cross_attention: true }, 'unsupported-model', /add_cross_attention to true/],
  ['bert', { hidden_act: 'mish' }, 'unsupported-model', /hidden_act to "mish"/],
  ['bert', { num_attention_heads: 3 }, 'bad-model', /3 does not divide 16/],
  ['roberta', { pad_token_id: 33 }, 'bad-model', /leaves no position/],
  ['bert', { tie_word_embeddings: false }, 'bad-model', /no tensor "cls.predictions.decoder.weight"/],
  ['vit', { patch_size: 5 }, 'bad-model', /5 does not divide 16/],
  ['vit', { image_size: 20_000 }, 'bad-model', /image_size/],
  ['vit', { num_channels: 4 }, 'bad-model', /patch_embeddings.projection.weight/],
  ['vit', { id2label: { '0': 'cup', '2': 'kite' } }, 'bad-model', /id2label names no class 1/],
  ['vit', { hidden_act: 'quick_gelu' }, 'unsupported-model', /hidden_act to "quick_gelu"/],
])('%s with %j is refused', (name, changes, kind, says) => {
  const failure = refusal(name, changes)
  expect(failure.message).toMatch(says)
  expect(failure.kind).toBe(kind)
})

test('positions count from after the padding id in RoBERTa, and its context is as much shorter', () => {
  const { positions, contextLength } = layoutOf('roberta')
  expect(positions).toMatchObject({ kind: 'learned', rows: 34, paddingId: 1 })
  expect(contextLength).toBe(32)
  expect(layoutOf('bert').positions).toMatchObject({ rows: 32 })
})
