import type { ModelLayout } from '../../../src/core/architectures/layout.ts'
import { gpt2 } from '../../../src/core/architectures/gpt2.ts'
import { llama } from '../../../src/core/architectures/llama.ts'
import { findArchitecture } from '../../../src/core/architectures/registry.ts'
import {
  elementCount,
  type TensorEntry,
  type TensorIndex,
  type WeightType,
} from '../../../src/core/onnx/tensor-index.ts'
import { openCheckpointWeights } from '../../../src/main/engine-host/model/checkpoint-folder.ts'
import { causalFamilies } from '../../support/models/family-folders.ts'

/** Tensors of given shapes, one after the other in a file that is not there. */
export function tensorsOf(shapes: Readonly<Record<string, readonly number[]>>, dtype: WeightType = 'F32'): TensorIndex {
  const tensors = new Map<string, TensorEntry>()
  let offset = 0
  for (const [name, shape] of Object.entries(shapes)) {
    const byteLength = elementCount(shape)! * (dtype === 'F32' ? 4 : 2)
    tensors.set(name, { name, dtype, shape, file: 'model.safetensors', offset, byteLength })
    offset += byteLength
  }
  return tensors
}

export interface Sizes {
  readonly layers?: number
  readonly width?: number
  readonly heads?: number
  readonly keyValueHeads?: number
  readonly inner?: number
  readonly vocabulary?: number
  readonly context?: number
  readonly dtype?: WeightType
}

export interface Shaped {
  readonly layout: ModelLayout
  readonly tensors: TensorIndex
}

/** A GPT-2 of given sizes, without weights. */
export function shapedGpt2(sizes: Sizes = {}): Shaped {
  const { layers = 2, width = 12, heads = 3, inner = 4 * width, vocabulary = 20, context = 16, dtype = 'F32' } = sizes
  const shapes: Record<string, number[]> = { 'wte.weight': [vocabulary, width], 'wpe.weight': [context, width] }
  for (let layer = 0; layer < layers; layer++) {
    const norm = (name: string) => {
      shapes[`h.${layer}.${name}.weight`] = [width]
      shapes[`h.${layer}.${name}.bias`] = [width]
    }
    const linear = (name: string, inputs: number, outputs: number) => {
      shapes[`h.${layer}.${name}.weight`] = [inputs, outputs]
      shapes[`h.${layer}.${name}.bias`] = [outputs]
    }
    norm('ln_1')
    linear('attn.c_attn', width, 3 * width)
    linear('attn.c_proj', width, width)
    norm('ln_2')
    linear('mlp.c_fc', width, inner)
    linear('mlp.c_proj', inner, width)
  }
  shapes['ln_f.weight'] = [width]
  shapes['ln_f.bias'] = [width]
  const tensors = tensorsOf(shapes, dtype)
  const config = {
    n_embd: width,
    n_head: heads,
    n_layer: layers,
    n_inner: inner,
    n_positions: context,
    vocab_size: vocabulary,
  }
  return { layout: gpt2.layout(config, tensors), tensors }
}

/** A Llama of given sizes, without weights. */
export function shapedLlama(sizes: Sizes = {}): Shaped {
  const { layers = 2, width = 12, heads = 6, keyValueHeads = 3, inner = 20, vocabulary = 20, context = 16 } = sizes
  const headWidth = width / heads
  const shapes: Record<string, number[]> = { 'model.embed_tokens.weight': [vocabulary, width] }
  for (let layer = 0; layer < layers; layer++) {
    const block = `model.layers.${layer}`
    shapes[`${block}.input_layernorm.weight`] = [width]
    shapes[`${block}.self_attn.q_proj.weight`] = [heads * headWidth, width]
    shapes[`${block}.self_attn.k_proj.weight`] = [keyValueHeads * headWidth, width]
    shapes[`${block}.self_attn.v_proj.weight`] = [keyValueHeads * headWidth, width]
    shapes[`${block}.self_attn.o_proj.weight`] = [width, heads * headWidth]
    shapes[`${block}.post_attention_layernorm.weight`] = [width]
    shapes[`${block}.mlp.gate_proj.weight`] = [inner, width]
    shapes[`${block}.mlp.up_proj.weight`] = [inner, width]
    shapes[`${block}.mlp.down_proj.weight`] = [width, inner]
  }
  shapes['model.norm.weight'] = [width]
  shapes['lm_head.weight'] = [vocabulary, width]
  const tensors = tensorsOf(shapes, sizes.dtype)
  const config = {
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    max_position_embeddings: context,
    vocab_size: vocabulary,
  }
  return { layout: llama.layout(config, tensors), tensors }
}

/** The layout of a recorded folder of test/fixtures/families. */
export function recordedLayout(name: string): Shaped {
  const { config, directory } = causalFamilies().find((family) => family.name === name)!
  const { tensors } = openCheckpointWeights(directory)
  return { layout: findArchitecture(config).layout(config, tensors), tensors }
}
