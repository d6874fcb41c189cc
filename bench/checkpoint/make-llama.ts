import { existsSync, mkdirSync, renameSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../harness/cache.ts'
import { writeRandomSafetensors, type PlannedTensor, type RandomType } from './random-safetensors.ts'
import { writeLargeTokenizer } from './tokenizer.ts'

/** Sizes of a Llama checkpoint made for measuring, in as many weight files as are asked for. */
export interface LlamaShape {
  readonly name: string
  readonly type: RandomType
  readonly shards: number
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly inner: number
  readonly vocabulary: number
  readonly context: number
}

/** 789 million parameters: 3.16 GB of F32 in two files. */
export const llamaOfThreeGigabytes: LlamaShape = {
  name: 'llama-3gb',
  type: 'F32',
  shards: 2,
  layers: 13,
  width: 2048,
  heads: 32,
  inner: 5504,
  vocabulary: 32000,
  context: 2048,
}

/** 207 million parameters: 414 MB of F16. */
export const llamaOfHalves: LlamaShape = {
  name: 'llama-f16',
  type: 'F16',
  shards: 1,
  layers: 11,
  width: 1024,
  heads: 16,
  inner: 2752,
  vocabulary: 32000,
  context: 1024,
}

const indexName = 'model.safetensors.index.json'

/** Folder of a checkpoint with seeded random weights; made on first use, streamed, and kept outside the repository. */
export function makeLlama(shape: LlamaShape): string {
  const folder = join(cacheFolder(), shape.name)
  const isSingle = shape.shards === 1
  const last = join(folder, isSingle ? 'model.safetensors' : indexName)
  if (existsSync(last)) return folder
  mkdirSync(folder, { recursive: true })
  const tensors = tensorsOf(shape)
  const bytes = bytesOf(shape)
  const { bavail, bsize } = statfsSync(folder)
  // An export is as large again, and has to fit beside it.
  if (bavail * bsize < 3 * bytes)
    throw new Error(`${folder}: ${bavail * bsize} bytes are free, ${3 * bytes} are needed`)
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(configOf(shape), null, 2)}\n`)
  writeLargeTokenizer(folder, shape.vocabulary, shape.context)
  const weightMap: Record<string, string> = {}
  for (let shard = 0; shard < shape.shards; shard++) {
    const from = Math.floor((shard * tensors.length) / shape.shards)
    const until = Math.floor(((shard + 1) * tensors.length) / shape.shards)
    const name = isSingle ? 'model.safetensors' : `model-0000${shard + 1}-of-0000${shape.shards}.safetensors`
    for (const tensor of tensors.slice(from, until)) weightMap[tensor.name] = name
    writeRandomSafetensors(join(folder, `${name}.partial`), tensors.slice(from, until), shape.type, shard + 1)
    renameSync(join(folder, `${name}.partial`), join(folder, name))
  }
  const index = { metadata: { total_size: bytes }, weight_map: weightMap }
  if (!isSingle) writeFileSync(last, `${JSON.stringify(index, null, 2)}\n`)
  return folder
}

/** Bytes of all weights. */
export function bytesOf(shape: LlamaShape): number {
  const elements = tensorsOf(shape).reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0)
  return elements * (shape.type === 'F32' ? 4 : 2)
}

function configOf(shape: LlamaShape): Record<string, unknown> {
  return {
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: shape.width,
    intermediate_size: shape.inner,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.heads,
    max_position_embeddings: shape.context,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    vocab_size: shape.vocabulary,
    torch_dtype: shape.type === 'F32' ? 'float32' : 'float16',
  }
}

function tensorsOf({ layers, width, inner, vocabulary }: LlamaShape): PlannedTensor[] {
  const tensors: PlannedTensor[] = [{ name: 'model.embed_tokens.weight', shape: [vocabulary, width] }]
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, shape: number[], fill?: 1) =>
      tensors.push({ name: `model.layers.${layer}.${name}.weight`, shape, ...(fill === undefined ? {} : { fill }) })
    add('input_layernorm', [width], 1)
    for (const name of ['q', 'k', 'v', 'o']) add(`self_attn.${name}_proj`, [width, width])
    add('post_attention_layernorm', [width], 1)
    add('mlp.gate_proj', [inner, width])
    add('mlp.up_proj', [inner, width])
    add('mlp.down_proj', [width, inner])
  }
  tensors.push({ name: 'model.norm.weight', shape: [width], fill: 1 })
  tensors.push({ name: 'lm_head.weight', shape: [vocabulary, width] })
  return tensors
}
