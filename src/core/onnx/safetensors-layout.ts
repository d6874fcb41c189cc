import { SnipError } from '../../contract/failure.ts'
import type { ByteSource } from './tensor-index.ts'

/** One tensor as a header has it, of any type, in the header's own order. Offsets count from the start of the data. */
export interface StoredTensor {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** A safetensors file as it is laid out, whatever its tensors are for. */
export interface SafetensorsLayout {
  /** Bytes before the data: length and header. */
  readonly dataStart: number
  readonly tensors: readonly StoredTensor[]
  /** `__metadata__`, and whether it stands first; null when there is none. */
  readonly metadata: Readonly<Record<string, string>> | null
}

/** Reads the layout of a file whose header `readSafetensorsHeader` has checked. */
export function readSafetensorsLayout(source: ByteSource): SafetensorsLayout {
  const lengthBytes = source.read(0, 8)
  const length = Number(new DataView(lengthBytes.buffer, lengthBytes.byteOffset, 8).getBigUint64(0, true))
  if (length > source.size - 8) {
    throw new SnipError('bad-model', `${source.name} was changed while it was read`, { remedy: 'Export again.' })
  }
  const json = JSON.parse(new TextDecoder().decode(source.read(8, length))) as Record<string, HeaderEntry>
  const tensors: StoredTensor[] = []
  let metadata: SafetensorsLayout['metadata'] = null
  for (const [name, entry] of Object.entries(json)) {
    if (name === '__metadata__') {
      metadata = entry as unknown as Record<string, string>
      continue
    }
    const [start, end] = entry.data_offsets
    tensors.push({ name, dtype: entry.dtype, shape: entry.shape, start, end })
  }
  return { dataStart: 8 + length, tensors, metadata }
}

interface HeaderEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/** The first bytes of a safetensors file: length, header, and spaces up to a multiple of 8, as published files have them. */
export function serialiseSafetensorsHeader({ tensors, metadata }: Omit<SafetensorsLayout, 'dataStart'>): Uint8Array {
  const entries: [string, unknown][] = metadata === null ? [] : [['__metadata__', metadata]]
  for (const { name, dtype, shape, start, end } of tensors) {
    entries.push([name, { dtype, shape, data_offsets: [start, end] }])
  }
  // Written by hand: an object would sort names that are numbers to the front.
  const json = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
  const text = new TextEncoder().encode(json)
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(text, 8)
  return bytes
}
