import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesPerNumber, decodeNumbers, encodeNumbers, type Dtype } from './dtype.ts'

/** A tensor to be written: 32-bit values in row-major order, rounded to `dtype` on the way to the file. */
export interface TensorSource {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly values: Float32Array
}

interface HeaderEntry {
  dtype: Dtype
  shape: number[]
  data_offsets: [number, number]
}

/**
 * Writes one safetensors file: 8-byte little-endian header length, JSON header padded with spaces to a multiple of 8,
 * then the tensors in the order given, without gaps.
 */
export function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> | null = { format: 'pt' },
): void {
  const header: Record<string, HeaderEntry | Readonly<Record<string, string>>> = {}
  if (metadata) header['__metadata__'] = metadata
  const parts: Uint8Array[] = []
  let offset = 0
  for (const { name, dtype, shape, values } of tensors) {
    const count = shape.reduce((product, size) => product * size, 1)
    if (values.length !== count) throw new Error(`${name}: ${values.length} values for the shape [${shape.join(', ')}]`)
    const bytes = encodeNumbers(values, dtype)
    header[name] = { dtype, shape: [...shape], data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
    parts.push(bytes)
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20)
  padded.set(json)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true)
  writeFileSync(path, Buffer.concat([length, padded, ...parts]))
}

/**
 * Writes `model.safetensors`, or, with more than one shard, `model-0000i-of-0000n.safetensors` and the index file that
 * says where each tensor is. Tensors are dealt out in order, equally many to a shard.
 *
 * @returns the names of the weight files
 */
export function writeWeights(directory: string, tensors: readonly TensorSource[], shards = 1): string[] {
  if (shards === 1) {
    writeSafetensors(join(directory, 'model.safetensors'), tensors)
    return ['model.safetensors']
  }
  const files: string[] = []
  const weightMap: Record<string, string> = {}
  let totalSize = 0
  for (let shard = 0; shard < shards; shard++) {
    const from = Math.floor((shard * tensors.length) / shards)
    const to = Math.floor(((shard + 1) * tensors.length) / shards)
    const file = `model-${padded(shard + 1)}-of-${padded(shards)}.safetensors`
    writeSafetensors(join(directory, file), tensors.slice(from, to))
    for (const { name, dtype, values } of tensors.slice(from, to)) {
      weightMap[name] = file
      totalSize += values.length * bytesPerNumber[dtype]
    }
    files.push(file)
  }
  const index = { metadata: { total_size: totalSize }, weight_map: weightMap }
  writeFileSync(join(directory, 'model.safetensors.index.json'), `${JSON.stringify(index, null, 2)}\n`)
  return files
}

const padded = (count: number): string => String(count).padStart(5, '0')

/** Reads a safetensors file back, for tests of what was written. */
export function readSafetensors(path: string): Map<string, TensorSource> {
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, HeaderEntry>
  const tensors = new Map<string, TensorSource>()
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const [from, to] = entry.data_offsets
    const values = decodeNumbers(bytes.subarray(8 + length + from, 8 + length + to), entry.dtype)
    tensors.set(name, { name, dtype: entry.dtype, shape: entry.shape, values })
  }
  return tensors
}
