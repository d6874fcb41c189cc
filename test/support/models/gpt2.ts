import { torchDtype, writeCheckpoint, type Checkpoint, type CheckpointOptions } from './checkpoint.ts'
import { smallVocabulary } from './tokenizer.ts'
import { tensorMaker } from './weights.ts'

/** Sizes and habits of a GPT-2 checkpoint; all have small defaults. */
export interface Gpt2Options extends CheckpointOptions {
  readonly layers?: number
  readonly width?: number
  readonly heads?: number
  /** MLP width; left out of config.json (null), it is 4 x width. */
  readonly inner?: number
  readonly activation?: 'gelu_new' | 'gelu' | 'relu'
  /** Published folders name tensors either `transformer.h.0...` or `h.0...`. */
  readonly prefix?: 'transformer.' | ''
  readonly tied?: boolean
  /** Old folders carry each layer's causal mask as the tensors `attn.bias` and `attn.masked_bias`. */
  readonly maskBuffers?: boolean
  readonly epsilon?: number
}

/** The config.json of a GPT-2. */
export function gpt2Config(
  options: Required<Omit<Gpt2Options, 'inner'>> & { inner: number | null },
): Record<string, unknown> {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    activation_function: options.activation,
    n_embd: options.width,
    n_head: options.heads,
    n_layer: options.layers,
    n_inner: options.inner,
    n_positions: options.context,
    n_ctx: options.context,
    layer_norm_epsilon: options.epsilon,
    vocab_size: options.vocabulary,
    bos_token_id: smallVocabulary - 1,
    eos_token_id: smallVocabulary - 1,
    scale_attn_weights: true,
    torch_dtype: torchDtype[options.dtype],
    // Only the odd case is written in published files: tied is the family's default.
    ...(options.tied ? {} : { tie_word_embeddings: false }),
  }
}

/** Every option of a GPT-2 with its default. */
export function gpt2Defaults(options: Gpt2Options): Required<Omit<Gpt2Options, 'inner'>> & { inner: number | null } {
  return {
    seed: 1,
    dtype: 'F32',
    shards: 1,
    context: 32,
    vocabulary: smallVocabulary,
    layers: 2,
    width: 24,
    heads: 4,
    inner: null,
    activation: 'gelu_new',
    prefix: 'transformer.',
    tied: true,
    maskBuffers: false,
    epsilon: 1e-5,
    ...options,
  }
}

/**
 * Writes a GPT-2 checkpoint with seeded random weights, large enough that every neuron is felt in the logits.
 * Linear weights are stored [in, out], as the family's Conv1D has them; lm_head is [vocabulary, width].
 */
export function makeGpt2(directory: string, options: Gpt2Options = {}): Checkpoint {
  const full = gpt2Defaults(options)
  const { layers, width, heads, vocabulary, context, prefix } = full
  const inner = full.inner ?? 4 * width
  const { tensors, add, set } = tensorMaker(full.seed, full.dtype)
  const perInput = (inputs: number): number => 1 / Math.sqrt(inputs)
  const norm = (name: string): void => {
    add(`${name}.weight`, [width], 0.2, 1)
    add(`${name}.bias`, [width], 0.1)
  }
  const linear = (name: string, inputs: number, outputs: number): void => {
    add(`${name}.weight`, [inputs, outputs], perInput(inputs))
    add(`${name}.bias`, [outputs], 0.1)
  }

  add(`${prefix}wte.weight`, [vocabulary, width], 0.5)
  add(`${prefix}wpe.weight`, [context, width], 0.2)
  for (let layer = 0; layer < layers; layer++) {
    const block = `${prefix}h.${layer}`
    norm(`${block}.ln_1`)
    if (full.maskBuffers) {
      const mask = Float32Array.from({ length: context * context }, (_, i) => (i % context <= i / context ? 1 : 0))
      set(`${block}.attn.bias`, [1, 1, context, context], mask)
      set(`${block}.attn.masked_bias`, [], Float32Array.of(-10000))
    }
    linear(`${block}.attn.c_attn`, width, 3 * width)
    linear(`${block}.attn.c_proj`, width, width)
    norm(`${block}.ln_2`)
    linear(`${block}.mlp.c_fc`, width, inner)
    linear(`${block}.mlp.c_proj`, inner, width)
  }
  norm(`${prefix}ln_f`)
  if (!full.tied) add('lm_head.weight', [vocabulary, width], 0.5)

  return writeCheckpoint(
    {
      directory,
      family: 'gpt2',
      layers,
      heads,
      headWidth: width / heads,
      mlpNeurons: inner,
      attentionNeurons: width,
      vocabulary,
      context,
      config: gpt2Config(full),
      tensors,
    },
    { shards: full.shards, tokenizer: vocabulary >= smallVocabulary },
  )
}
