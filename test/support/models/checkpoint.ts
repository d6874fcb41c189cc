import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dtype } from './dtype.ts'
import { writeWeights, type TensorSource } from './safetensors.ts'
import { writeTokenizer } from './tokenizer.ts'

/** What a test needs to know of a checkpoint folder that it had made. */
export interface Checkpoint {
  readonly directory: string
  readonly family: 'gpt2' | 'llama'
  readonly layers: number
  readonly heads: number
  readonly headWidth: number
  /** Neurons per layer: width of the MLP, and heads x head width. */
  readonly mlpNeurons: number
  readonly attentionNeurons: number
  readonly vocabulary: number
  readonly context: number
  readonly config: Readonly<Record<string, unknown>>
  readonly tensors: readonly TensorSource[]
  /** Names of the weight files. */
  readonly files: readonly string[]
}

/** What every made model takes besides its own sizes. */
export interface CheckpointOptions {
  readonly seed?: number
  readonly dtype?: Dtype
  /** More than one makes the sharded layout with an index file. */
  readonly shards?: number
  readonly context?: number
  /** Rows of the embedding; fewer than the small tokenizer's pieces leaves out tokenizer.json. */
  readonly vocabulary?: number
}

/** The names that `torch_dtype` uses. */
export const torchDtype: Readonly<Record<Dtype, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }

/** Writes config.json, weights and tokenizer into a folder, which is made when missing. */
export function writeCheckpoint(
  parts: Omit<Checkpoint, 'files'>,
  options: { readonly shards: number; readonly tokenizer: boolean },
): Checkpoint {
  mkdirSync(parts.directory, { recursive: true })
  writeFileSync(join(parts.directory, 'config.json'), `${JSON.stringify(parts.config, null, 2)}\n`)
  const files = writeWeights(parts.directory, parts.tensors, options.shards)
  if (options.tokenizer) writeTokenizer(parts.directory, parts.context)
  return { ...parts, files }
}

/** SHA-256 over config.json and the weight files, each as name, NUL and content: two equal folders, equal models. */
export function checkpointSha256(checkpoint: Checkpoint): string {
  const hash = createHash('sha256')
  for (const file of ['config.json', ...checkpoint.files]) {
    hash.update(`${file}\0`).update(readFileSync(join(checkpoint.directory, file)))
  }
  return hash.digest('hex')
}
