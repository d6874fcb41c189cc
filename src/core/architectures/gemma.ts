import { z } from 'zod'
import { countSchema, epsilonSchema, parseConfig, readActivation, refuse, type Architecture } from './architecture.ts'
import type { Activation } from './layout.ts'
import { llamaLineConfig, llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'

/** The keys of config.json that Gemma and Gemma 2 share. */
export const gemmaConfig = {
  ...llamaLineConfig,
  head_dim: countSchema.nullable().default(256),
  max_position_embeddings: countSchema.default(8192),
  hidden_act: z.string().nullish(),
  hidden_activation: z.string().nullish(),
  rms_norm_eps: epsilonSchema.default(1e-6),
  attention_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  use_bidirectional_attention: z.boolean().nullish(),
}

type GemmaConfig = z.output<z.ZodObject<typeof gemmaConfig>>

/** GELU in its tanh form: early configs say `gelu` under `hidden_act` and mean that; `hidden_activation` means what it says. */
export function gemmaActivation({ hidden_activation, hidden_act }: GemmaConfig): Activation {
  if (hidden_activation) return readActivation('hidden_activation', hidden_activation)
  if (!hidden_act || hidden_act === 'gelu') return 'gelu-tanh'
  return readActivation('hidden_act', hidden_act)
}

/** Refuses a Gemma that reads in both directions: its window is another one then. */
export function refuseBidirectional(c: GemmaConfig): void {
  if (c.use_bidirectional_attention) refuse('use_bidirectional_attention', true)
}

const configSchema = z.object({ ...gemmaConfig, num_key_value_heads: countSchema.nullable().default(16) })

/** Gemma: a Llama with embeddings times the root of the width, norms times 1 + weight, and GELU in its gate. */
export const gemma: Architecture = {
  id: 'gemma',
  name: 'Gemma',
  citation: 'Gemma Team 2024, Gemma: Open Models Based on Gemini Research and Technology',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    refuseBidirectional(c)
    const sizes = llamaLineSizes(c)
    return llamaLineLayout(
      {
        family: 'gemma',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: gemmaActivation(c),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: c.attention_bias, output: c.attention_bias, mlp: false },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps, 'rms-plus-one'),
        normNames: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
        model: { embeddingScale: Math.sqrt(sizes.width) },
      },
      tensors,
    )
  },
}
