import type { ModelLayout } from '../architectures/layout.ts'

/** Families whose configuration names heads as GPT-2 does, or in which every head has a key and a value of its own. */
const namesHeadsItself: ReadonlySet<string> = new Set(['gpt2', 'gptj', 'gpt_neo', 'gpt_neox', 'opt'])

/** Where the model of a folder lies, as transformers.js and Optimum look for it, and its weights when they lie outside. */
export const folderModel = { name: 'onnx/model.onnx', dataName: 'model.onnx_data' } as const

/**
 * Keys that loaders of such a folder read from config.json and do not guess: the sizes of the key-value cache where the source
 * leaves them to defaults, and for transformers.js the type and place of the weights.
 */
export function folderConfigChanges(
  config: Readonly<Record<string, unknown>>,
  layout: ModelLayout,
  hasExternalData: boolean,
): Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  const attention = layout.blocks.map((block) => block.attention).find((one) => one.kind === 'attention')
  if (attention && layout.bidirectional !== true && !namesHeadsItself.has(layout.family)) {
    const sizes = { num_key_value_heads: attention.keyValueHeadCount, head_dim: attention.headWidth }
    for (const [key, value] of Object.entries(sizes)) if (config[key] == null) changes[key] = value
  }
  const known = config['transformers.js_config']
  changes['transformers.js_config'] = {
    ...(typeof known === 'object' && known !== null ? known : {}),
    dtype: 'fp32',
    use_external_data_format: hasExternalData,
  }
  return changes
}
