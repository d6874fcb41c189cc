import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeLargeTokenizer } from './tokenizer.ts'
import { cacheFolder } from '../harness/cache.ts'
import { tensorsOf, type Gpt2Shape } from './shapes.ts'

const pieceElements = 1 << 20
/** GPT-2's own initialisation: standard deviation 0.02; uniform here, which is faster to draw and as good for timing. */
const halfRange = 0.02 * Math.sqrt(3)

/** Folder of a checkpoint with seeded random f32 weights; made on first use, streamed, and kept outside the repository. */
export function makeCheckpoint(shape: Gpt2Shape): string {
  const folder = join(cacheFolder(), shape.name)
  const weights = join(folder, 'model.safetensors')
  if (existsSync(weights)) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(configOf(shape), null, 2)}\n`)
  writeLargeTokenizer(folder, shape.vocabulary, shape.context)
  writeWeights(`${weights}.partial`, shape)
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

function writeWeights(path: string, shape: Gpt2Shape): void {
  const header: Record<string, unknown> = {}
  const tensors = tensorsOf(shape).map((tensor) => ({ ...tensor, elements: tensor.shape.reduce((a, b) => a * b, 1) }))
  let offset = 0
  for (const { name, shape: dims, elements } of tensors) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [offset, offset + 4 * elements] }
    offset += 4 * elements
  }
  const json = JSON.stringify(header)
  // Published files pad the header so that the data start at a multiple of 8.
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8, ' '))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const descriptor = openSync(path, 'w')
  try {
    writeSync(descriptor, length)
    writeSync(descriptor, text)
    const random = createUniform(1)
    const piece = new Float32Array(pieceElements)
    for (const { name, elements } of tensors) {
      for (let done = 0; done < elements; done += pieceElements) {
        const count = Math.min(pieceElements, elements - done)
        if (name.includes('ln_')) piece.fill(name.endsWith('.weight') ? 1 : 0, 0, count)
        else for (let i = 0; i < count; i++) piece[i] = (2 * random() - 1) * halfRange
        writeAll(descriptor, new Uint8Array(piece.buffer, 0, 4 * count))
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done)
}

/** Uniform numbers in [0, 1): xorshift32 (Marsaglia 2003), which draws 124 million of them in a second. */
function createUniform(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}
