import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../harness/cache.ts'
import { writeRandomSafetensors, type PlannedTensor } from './random-safetensors.ts'
import { tensorsOf, type Gpt2Shape } from './shapes.ts'
import { writeLargeTokenizer } from './tokenizer.ts'

/** Folder of a checkpoint with seeded random f32 weights; made on first use, streamed, and kept outside the repository. */
export function makeCheckpoint(shape: Gpt2Shape): string {
  const folder = join(cacheFolder(), shape.name)
  const weights = join(folder, 'model.safetensors')
  if (existsSync(weights)) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(configOf(shape), null, 2)}\n`)
  writeLargeTokenizer(folder, shape.vocabulary, shape.context)
  const tensors = tensorsOf(shape).map((tensor): PlannedTensor =>
    tensor.name.includes('ln_') ? { ...tensor, fill: tensor.name.endsWith('.weight') ? 1 : 0 } : tensor,
  )
  writeRandomSafetensors(`${weights}.partial`, tensors, 'F32', 1)
  renameSync(`${weights}.partial`, weights)
  return folder
}

function configOf(shape: Gpt2Shape): Record<string, unknown> {
  return {
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    n_embd: shape.width,
    n_head: shape.heads,
    n_layer: shape.layers,
    n_inner: shape.inner,
    n_positions: shape.context,
    layer_norm_epsilon: 1e-5,
    vocab_size: shape.vocabulary,
    torch_dtype: 'float32',
  }
}
