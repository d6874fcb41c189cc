import { torchDtype, writeCheckpoint, type Checkpoint, type CheckpointOptions } from './checkpoint.ts'
import { smallVocabulary } from './tokenizer.ts'
import { tensorMaker } from './weights.ts'

/** Sizes and habits of a Llama checkpoint; all have small defaults. */
export interface LlamaOptions extends CheckpointOptions {
  readonly layers?: number
  readonly width?: number
  readonly heads?: number
  readonly keyValueHeads?: number
  /** Written as `head_dim`; left out, a head is width / heads wide. */
  readonly headWidth?: number
  readonly inner?: number
  readonly activation?: 'silu' | 'relu' | 'gelu'
  /** Biases on the query, key, value and output projections. */
  readonly attentionBias?: boolean
  /** Biases on gate, up and down. */
  readonly mlpBias?: boolean
  readonly tied?: boolean
  readonly ropeTheta?: number
  /** Where config.json says the rotary base: `rope_theta`, or, in newer files, `rope_parameters.rope_theta`. */
  readonly ropeSpelling?: 'rope_theta' | 'rope_parameters'
  readonly epsilon?: number
}

type Full = Required<Omit<LlamaOptions, 'headWidth'>> & { headWidth: number | null }

function llamaDefaults(options: LlamaOptions): Full {
  return {
    seed: 1,
    dtype: 'F32',
    shards: 1,
    context: 32,
    vocabulary: smallVocabulary,
    layers: 2,
    width: 24,
    heads: 4,
    keyValueHeads: options.heads ?? 4,
    headWidth: null,
    inner: 40,
    activation: 'silu',
    attentionBias: false,
    mlpBias: false,
    tied: false,
    ropeTheta: 10000,
    ropeSpelling: 'rope_theta',
    epsilon: 1e-5,
    ...options,
  }
}

function llamaConfig(full: Full): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: full.activation,
    hidden_size: full.width,
    intermediate_size: full.inner,
    num_attention_heads: full.heads,
    num_key_value_heads: full.keyValueHeads,
    num_hidden_layers: full.layers,
    ...(full.headWidth === null ? {} : { head_dim: full.headWidth }),
    max_position_embeddings: full.context,
    rms_norm_eps: full.epsilon,
    attention_bias: full.attentionBias,
    mlp_bias: full.mlpBias,
    tie_word_embeddings: full.tied,
    vocab_size: full.vocabulary,
    bos_token_id: smallVocabulary - 1,
    eos_token_id: smallVocabulary - 1,
    ...(full.ropeSpelling === 'rope_theta'
      ? { rope_theta: full.ropeTheta, torch_dtype: torchDtype[full.dtype] }
      : { rope_parameters: { rope_theta: full.ropeTheta, rope_type: 'default' }, dtype: torchDtype[full.dtype] }),
  }
}

/**
 * Writes a Llama checkpoint with seeded random weights, large enough that every neuron is felt in the logits.
 * Linear weights are stored [out, in].
 */
export function makeLlama(directory: string, options: LlamaOptions = {}): Checkpoint {
  const full = llamaDefaults(options)
  const { layers, width, heads, keyValueHeads, inner, vocabulary, context } = full
  const headWidth = full.headWidth ?? width / heads
  const { tensors, add } = tensorMaker(full.seed, full.dtype)
  const linear = (name: string, outputs: number, inputs: number, bias: boolean): void => {
    add(`${name}.weight`, [outputs, inputs], 1 / Math.sqrt(inputs))
    if (bias) add(`${name}.bias`, [outputs], 0.1)
  }

  add('model.embed_tokens.weight', [vocabulary, width], 0.5)
  for (let layer = 0; layer < layers; layer++) {
    const block = `model.layers.${layer}`
    linear(`${block}.self_attn.q_proj`, heads * headWidth, width, full.attentionBias)
    linear(`${block}.self_attn.k_proj`, keyValueHeads * headWidth, width, full.attentionBias)
    linear(`${block}.self_attn.v_proj`, keyValueHeads * headWidth, width, full.attentionBias)
    linear(`${block}.self_attn.o_proj`, width, heads * headWidth, full.attentionBias)
    linear(`${block}.mlp.gate_proj`, inner, width, full.mlpBias)
    linear(`${block}.mlp.up_proj`, inner, width, full.mlpBias)
    linear(`${block}.mlp.down_proj`, width, inner, full.mlpBias)
    add(`${block}.input_layernorm.weight`, [width], 0.2, 1)
    add(`${block}.post_attention_layernorm.weight`, [width], 0.2, 1)
  }
  add('model.norm.weight', [width], 0.2, 1)
  if (!full.tied) add('lm_head.weight', [vocabulary, width], 0.5)

  return writeCheckpoint(
    {
      directory,
      family: 'llama',
      layers,
      heads,
      headWidth,
      mlpNeurons: inner,
      attentionNeurons: heads * headWidth,
      vocabulary,
      context,
      config: llamaConfig(full),
      tensors,
    },
    { shards: full.shards, tokenizer: vocabulary >= smallVocabulary },
  )
}
