import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { neuronWidths, type AttentionLayout, type ModelLayout } from '../../../src/core/architectures/layout.ts'
import { architectures, findArchitecture } from '../../../src/core/architectures/registry.ts'
import { weightNames } from '../../../src/core/architectures/weight-names.ts'
import type { TensorIndex } from '../../../src/core/onnx/tensor-index.ts'
import { openCheckpointWeights } from '../../../src/main/engine-host/model/checkpoint-folder.ts'
import { causalFamilies, recordedModelTypes } from '../../support/models/family-folders.ts'
import { tensorsOf } from './layouts.ts'

type Changes = Readonly<Record<string, unknown>>

const folders = new Map(causalFamilies().map((family) => [family.name, family]))

/** The layout of a recorded folder, with some keys of its config changed. */
function layoutOf(name: string, changes: Changes = {}, tensors?: TensorIndex): ModelLayout {
  const { config, directory } = folders.get(name)!
  const changed = { ...config, ...changes }
  return findArchitecture(changed).layout(changed, tensors ?? openCheckpointWeights(directory).tensors)
}

const attentionOf = (layout: ModelLayout, layer = 0) => layout.blocks[layer]!.attention as AttentionLayout
const windowsOf = (layout: ModelLayout) => layout.blocks.map((_, layer) => attentionOf(layout, layer).window ?? null)

function refusal(name: string, changes: Changes): SnipError {
  try {
    layoutOf(name, changes)
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
  throw new Error(`${name} with ${JSON.stringify(changes)} was expected to be refused`)
}

test('every family has a recorded folder, but GPT-2, which is recorded elsewhere', () => {
  const recorded = new Set(recordedModelTypes())
  const missing = architectures.map(({ id }) => id).filter((id) => !recorded.has(id))
  expect(missing).toEqual(['gpt2'])
})

describe.each([...folders.keys()])('a checkpoint of %s', (name) => {
  const { directory, neurons } = folders.get(name)!
  const { tensors } = openCheckpointWeights(directory)
  const layout = layoutOf(name)

  test('has a layout that reads all of its weights, and no buffer', () => {
    expect(neuronWidths(layout)).toEqual(neurons)
    const unused = [...tensors.keys()].filter((tensor) => !weightNames(layout).includes(tensor))
    expect(unused.filter((tensor) => !/inv_freq$|attn?\.bias$|attention\.bias$|masked_bias$/.test(tensor))).toEqual([])
  })

  test('is read the same without the prefix of its trunk, as some are published', () => {
    const prefix = /^(?:transformer|gpt_neox|model\.decoder|decoder|model)\./
    const names = new Map([...tensors.keys()].map((tensor) => [tensor, tensor.replace(prefix, '')]))
    expect([...names].some(([before, after]) => before !== after)).toBe(true)
    const renamed = new Map(
      [...tensors].map(([tensor, entry]) => [names.get(tensor)!, { ...entry, name: names.get(tensor)! }]),
    )
    const bare = layoutOf(name, {}, renamed)
    expect(weightNames(bare)).toEqual(weightNames(layout).map((tensor) => names.get(tensor)))
  })

  test('without one of its tensors is refused by its name', () => {
    const missing = weightNames(layout).at(-3)!
    const fewer = new Map([...tensors].filter(([tensor]) => tensor !== missing))
    expect(() => layoutOf(name, {}, fewer)).toThrow(`The weights have no tensor "${missing}"`)
  })
})

describe('an option that changes the forward pass in an unknown way is refused by name', () => {
  const cases: readonly [string, Changes, RegExp][] = [
    ['llama3-rope', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, /rope_scaling .*dynamic/],
    ['mistral', { rope_scaling: { type: 'longrope', factor: 2 } }, /rope_scaling .*longrope/],
    ['gemma', { rope_scaling: { rope_type: 'ntk-by-parts', factor: 2 } }, /rope_scaling .*ntk-by-parts/],
    ['phi', { rope_scaling: { type: 'su', factor: 2 } }, /rope_scaling .*"su"/],
    ['gpt-neox', { rope_scaling: { type: 'mrope' } }, /rope_scaling .*mrope/],
    ['qwen3', { rope_parameters: { full_attention: { rope_theta: 5 } } }, /rope_parameters .*full_attention/],
    ['qwen2', { layer_types: ['full_attention', 'linear_attention'] }, /layer_types .*linear_attention/],
    ['mistral', { layer_types: ['chunked_attention', 'a', 'b'] }, /layer_types .*chunked_attention/],
    ['qwen2', { layer_types: ['full_attention', 'sliding_attention'] }, /sliding_window to null/],
    ['opt', { scale_embeddings: true }, /scale_embeddings to true/],
    ['opt', { learned_embeddings: false }, /learned_embeddings to false/],
    ['opt', { activation_function: 'gelu_10' }, /activation_function to "gelu_10"/],
    ['gpt-neo', { attention_types: [[['global', 'dilated'], 2]] }, /attention_types to "dilated"/],
    ['gpt-neo', { activation_function: 'mish' }, /activation_function to "mish"/],
    ['gptj', { rotary: false }, /rotary to false/],
    ['gptj', { rotary_dim: null }, /rotary_dim to null/],
    ['gptj', { rotary_dim: 14 }, /rotary_dim to 14/],
    ['gpt-neox', { hidden_act: 'quick_gelu' }, /hidden_act to "quick_gelu"/],
    ['gemma', { use_bidirectional_attention: true }, /use_bidirectional_attention to true/],
    ['gemma2', { hidden_activation: 'tanh' }, /hidden_activation to "tanh"/],
    ['olmo', { quantization_config: { quant_method: 'awq', bits: 4 } }, /quantization_config .*awq/],
  ]
  test.each(cases)('%s with %j', (name, changes, says) => {
    const { kind, message, remedy } = refusal(name, changes)
    expect(kind).toBe('unsupported-model')
    expect(message).toMatch(/^config\.json sets /)
    expect(message).toMatch(says)
    expect(remedy).toBe('Use a checkpoint without this option.')
  })

  test('and a config that contradicts itself is told so', () => {
    const said = (name: string, changes: Changes) => refusal(name, changes)
    expect(said('qwen2', { layer_types: ['full_attention'] }).message).toMatch(/layer_types names 1 layers of 2/)
    expect(said('gpt-neo', { attention_types: [[['global'], 3]] }).message).toMatch(/does not name 4 layers/)
    expect(said('mistral', { num_key_value_heads: 3 }).message).toMatch(/3 does not divide 4/)
    expect(said('phi', { num_attention_heads: 5 }).message).toMatch(/5 does not divide 24/)
    expect(said('mistral', { sliding_window: 0 }).message).toMatch(/sliding_window/)
    expect(said('gpt-neox', { rotary_pct: 1.5 }).message).toMatch(/rotary_pct/)
    expect(said('olmo2', { vocab_size: 60 }).message).toMatch(/has shape \[61, 16\]; config.json asks for \[60, 16\]/)
  })
})

describe('windows', () => {
  test.each([
    ['mistral', {}, [5, 5, 5]],
    ['mistral', { sliding_window: null }, [null, null, null]],
    ['mistral', { sliding_window: 32 }, [null, null, null]],
    ['mistral', { sliding_window: 31 }, [31, 31, 31]],
    ['mistral', { layer_types: ['full_attention', 'sliding_attention', 'full_attention'] }, [null, 5, null]],
    ['qwen2', {}, [null, null]],
    ['qwen2', { use_sliding_window: true }, [null, 4]],
    ['qwen2', { use_sliding_window: true, max_window_layers: 0 }, [4, 4]],
    ['qwen2', { use_sliding_window: true, layer_types: ['sliding_attention', 'full_attention'] }, [4, null]],
    ['qwen3', { use_sliding_window: true, sliding_window: 7, max_window_layers: 1 }, [null, 7]],
    ['gemma2', {}, [5, null, 5]],
    ['gemma2', { layer_types: ['full_attention', 'sliding_attention', 'full_attention'] }, [null, 5, null]],
    ['gpt-neo', {}, [null, 6, null, 6]],
    ['gpt-neo', { attention_types: [[['local', 'global', 'global', 'local'], 1]] }, [6, null, null, 6]],
    ['gpt-neo', { window_size: 256 }, [null, null, null, null]],
  ] as const)('of %s with %j are %j', (name, changes, windows) => {
    expect(windowsOf(layoutOf(name, changes))).toEqual(windows)
  })
})

describe('oddities of configs', () => {
  test.each([
    [{ hidden_activation: null, hidden_act: 'gelu' }, 'gelu-tanh'],
    [{ hidden_activation: undefined, hidden_act: undefined }, 'gelu-tanh'],
    [{ hidden_activation: 'gelu' }, 'gelu'],
    [{ hidden_activation: null, hidden_act: 'silu' }, 'silu'],
  ] as const)('gemma with %j computes %s', (changes, activation) => {
    expect(layoutOf('gemma', changes).blocks[0]!.mlp).toMatchObject({ activation })
  })

  test('a rotary base and part under rope_parameters have the last word', () => {
    const { positions } = layoutOf('phi', { rope_parameters: { rope_theta: 100, partial_rotary_factor: 1 / 3 } })
    expect(positions).toEqual({ kind: 'rotary', inverseFrequencies: [1, expect.closeTo(0.1, 12)], rotaryWidth: 4 })
  })

  test('caps that are null are none', () => {
    const layout = layoutOf('gemma2', { attn_logit_softcapping: null, final_logit_softcapping: null })
    expect(attentionOf(layout)).not.toHaveProperty('softCap')
    expect(layout).not.toHaveProperty('logitSoftCap')
    expect(layoutOf('gemma2')).toMatchObject({ logitSoftCap: 6, embeddingScale: 4 })
    expect(attentionOf(layoutOf('gemma2'))).toMatchObject({ softCap: 2.5, scale: 1 / Math.sqrt(11) })
  })

  test('an OPT without its last norm has none, and one that is told to remove it neither', () => {
    expect(layoutOf('opt').finalNorm).toMatchObject({ kind: 'layer', epsilon: 1e-5 })
    expect(layoutOf('opt', { _remove_final_layer_norm: true }).finalNorm).toBeNull()
    expect(layoutOf('opt-350m').finalNorm).toBeNull()
    expect(layoutOf('opt-350m')).toMatchObject({
      embeddingProjection: { inputs: 10, outputs: 16 },
      outputProjection: { inputs: 16, outputs: 10 },
      head: { inputs: 10 },
      positions: { rows: 34, offset: 2 },
    })
  })

  test('an MLP four times as wide as the model is what a missing width means, where the family says so', () => {
    const sizes = { hidden_size: 4, num_layers: 1, num_heads: 1, vocab_size: 3, max_position_embeddings: 2 }
    const config = { model_type: 'gpt_neo', ...sizes, attention_types: [[['global'], 1]] }
    const vectors = [
      'ln_1.weight',
      'ln_1.bias',
      'ln_2.weight',
      'ln_2.bias',
      'attn.attention.out_proj.bias',
      'mlp.c_proj.bias',
    ]
    const squares = ['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((part) => `attn.attention.${part}.weight`)
    const tensors = tensorsOf({
      'wte.weight': [3, 4],
      'wpe.weight': [2, 4],
      ...Object.fromEntries(vectors.map((name) => [`h.0.${name}`, [4]])),
      ...Object.fromEntries(squares.map((name) => [`h.0.${name}`, [4, 4]])),
      'h.0.mlp.c_fc.weight': [16, 4],
      'h.0.mlp.c_fc.bias': [16],
      'h.0.mlp.c_proj.weight': [4, 16],
      'ln_f.weight': [4],
      'ln_f.bias': [4],
    })
    expect(neuronWidths(findArchitecture(config).layout(config, tensors)).mlp).toEqual([16])
  })
})
