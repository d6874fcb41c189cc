import { SnipError } from '../../contract/failure.ts'
import { shownName, shownText } from './shown-name.ts'
import { bytesPerElement, elementCount, type ByteSource, type TensorEntry, type WeightType } from './tensor-index.ts'

/**
 * Published headers are well below this: some 120 bytes for each tensor. The format's own reader stops at 100 MB, but objects made of JSON take up to
 * thirty times the bytes of their text.
 */
const largestHeaderBytes = 16 * 1024 * 1024
/** Commas, colons and opening brackets: a tensor has some twelve. */
const largestPartCount = 2_000_000
/** The header, a tensor, its shape; some room for what later versions add to metadata. */
const deepestNesting = 8
const readableTypes: ReadonlySet<string> = new Set(Object.keys(bytesPerElement))

/** Bytes of one element of every type that the format knows: sizes are checked also where we do not read the type. */
const elementBytesOfFormat: Readonly<Record<string, number>> = {
  ...bytesPerElement,
  F64: 8,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
}

/** What a safetensors header says, after every claim in it was checked against the file. */
export interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[]
  /** Tensors of types that are no weights (integers, booleans), by name. */
  readonly skipped: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}

function bad(file: string, what: string): SnipError {
  return new SnipError('bad-model', `${file}: ${what}`, {
    remedy: 'The file is damaged or cut short: copy or download it again.',
  })
}

/**
 * Reads the header of a safetensors file: 8 bytes of length (little-endian), JSON, then the data.
 * Nothing in it is believed: lengths, offsets, overlaps, shapes and types are checked before use. Weights are not read.
 */
export function readSafetensorsHeader(source: ByteSource): SafetensorsHeader {
  const { name: file, size } = source
  if (size < 8) throw bad(file, `${size} bytes are too few for a safetensors file`)
  const lengthBytes = source.read(0, 8)
  const headerLength = Number(new DataView(lengthBytes.buffer, lengthBytes.byteOffset, 8).getBigUint64(0, true))
  if (headerLength > largestHeaderBytes || headerLength > size - 8) {
    throw bad(file, `the header claims ${headerLength} bytes, the file has ${size - 8} after its first 8`)
  }
  const json = parseHeaderJson(file, source.read(8, headerLength))
  const dataStart = 8 + headerLength
  const dataLength = size - dataStart
  const tensors: TensorEntry[] = []
  const skipped: string[] = []
  let metadata: Readonly<Record<string, string>> = {}
  const ranges: { name: string; start: number; end: number }[] = []
  for (const [name, claim] of Object.entries(json)) {
    if (name === '__metadata__') {
      metadata = readMetadata(file, claim)
      continue
    }
    const { dtype, shape, start, end } = readClaim(file, name, claim, dataLength)
    ranges.push({ name, start, end })
    if (readableTypes.has(dtype)) {
      const entry = {
        name,
        dtype: dtype as WeightType,
        shape,
        file,
        offset: dataStart + start,
        byteLength: end - start,
      }
      tensors.push(entry)
    } else {
      skipped.push(name)
    }
  }
  checkOverlaps(file, ranges)
  return { tensors, skipped, metadata }
}

function parseHeaderJson(file: string, bytes: Uint8Array): Record<string, unknown> {
  checkSize(file, bytes)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw bad(file, `the header is not JSON (${shownText(error instanceof Error ? error.message : String(error))})`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(file, 'the header is no JSON object')
  return value as Record<string, unknown>
}

/** Refuses what would take far more memory as objects, or more stack, than it takes as text. */
function checkSize(file: string, bytes: Uint8Array): void {
  let parts = 0
  let depth = 0
  let inText = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (inText) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) inText = false
    } else if (byte === 0x22) inText = true
    else if (byte === 0x2c || byte === 0x3a) parts++
    else if (byte === 0x5b || byte === 0x7b) {
      depth++
      parts++
    } else if (byte === 0x5d || byte === 0x7d) depth--
    if (depth > deepestNesting) throw bad(file, `the header is nested more than ${deepestNesting} deep`)
  }
  if (parts > largestPartCount) throw bad(file, `the header has too many parts (${parts})`)
}

/** A value of the header as messages show it. */
function shown(value: unknown): string {
  return shownText(JSON.stringify(value))
}

function readMetadata(file: string, claim: unknown): Record<string, string> {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) throw bad(file, '__metadata__ is no object')
  const metadata: Record<string, string> = {}
  for (const [key, value] of Object.entries(claim)) {
    if (typeof value !== 'string') throw bad(file, `__metadata__ holds ${shownName(key)}, which is no text`)
    metadata[key] = value
  }
  return metadata
}

function readClaim(file: string, name: string, claim: unknown, dataLength: number) {
  const label = shownName(name)
  if (typeof claim !== 'object' || claim === null) throw bad(file, `tensor ${label} is no object`)
  const { dtype, shape, data_offsets: offsets } = claim as Record<string, unknown>
  if (typeof dtype !== 'string') throw bad(file, `tensor ${label} names no data type`)
  const elementBytes = Object.hasOwn(elementBytesOfFormat, dtype) ? elementBytesOfFormat[dtype] : undefined
  if (elementBytes === undefined) throw bad(file, `tensor ${label} has the unknown data type ${shown(dtype)}`)
  if (!Array.isArray(shape) || shape.length > 16) throw bad(file, `tensor ${label} has no shape`)
  const elements = elementCount(shape as number[])
  if (elements === null) throw bad(file, `tensor ${label} has the impossible shape ${shown(shape)}`)
  if (!Array.isArray(offsets) || offsets.length !== 2) throw bad(file, `tensor ${label} has no data offsets`)
  const [start, end] = offsets as [unknown, unknown]
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) {
    throw bad(file, `tensor ${label} has the impossible offsets ${shown(offsets)}`)
  }
  const first = start as number
  const last = end as number
  if (first < 0 || last < first || last > dataLength) {
    throw bad(file, `tensor ${label} claims bytes ${first} to ${last}, the file holds ${dataLength} bytes of data`)
  }
  if (last - first !== elements * elementBytes) {
    throw bad(
      file,
      `tensor ${label} of shape [${(shape as number[]).join(', ')}] and type ${dtype} needs ${elements * elementBytes} bytes, its offsets give ${last - first}`,
    )
  }
  return { dtype, shape: shape as number[], start: first, end: last }
}

function checkOverlaps(file: string, ranges: { name: string; start: number; end: number }[]): void {
  const ordered = ranges.filter((range) => range.end > range.start).toSorted((a, b) => a.start - b.start)
  for (let i = 1; i < ordered.length; i++) {
    const before = ordered[i - 1]!
    const after = ordered[i]!
    if (after.start < before.end) {
      throw bad(file, `tensors ${shownName(before.name)} and ${shownName(after.name)} overlap`)
    }
  }
}
