import { closeSync, openSync, writeSync } from 'node:fs'

/** A tensor to be written; `fill` is given for those that are no matrices of random numbers. */
export interface PlannedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly fill?: 0 | 1
}

export type RandomType = 'F32' | 'F16'

const pieceElements = 1 << 20
/** GPT-2's own initialisation: standard deviation 0.02; uniform here, which is faster to draw and as good for timing. */
const halfRange = 0.02 * Math.sqrt(3)

/** Writes a safetensors file of seeded random weights, a few MB at a time. Halves are drawn with either sign from 2^-6 to 2^-5. */
export function writeRandomSafetensors(
  path: string,
  tensors: readonly PlannedTensor[],
  type: RandomType,
  seed: number,
): void {
  const elementBytes = type === 'F32' ? 4 : 2
  const header: Record<string, unknown> = {}
  let offset = 0
  for (const { name, shape } of tensors) {
    const byteLength = elementBytes * elementsOf(shape)
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + byteLength] }
    offset += byteLength
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
    const drawPiece = type === 'F32' ? floatPieces(seed) : halfPieces(seed)
    for (const { shape, fill } of tensors) {
      const elements = elementsOf(shape)
      for (let done = 0; done < elements; done += pieceElements) {
        writeAll(descriptor, drawPiece(Math.min(pieceElements, elements - done), fill))
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

type DrawPiece = (count: number, fill: 0 | 1 | undefined) => Uint8Array

function floatPieces(seed: number): DrawPiece {
  const random = createBits(seed)
  const piece = new Float32Array(pieceElements)
  return (count, fill) => {
    if (fill !== undefined) piece.fill(fill, 0, count)
    else for (let i = 0; i < count; i++) piece[i] = ((2 * random()) / 4294967296 - 1) * halfRange
    return new Uint8Array(piece.buffer, 0, 4 * count)
  }
}

function halfPieces(seed: number): DrawPiece {
  const random = createBits(seed)
  const piece = new Uint16Array(pieceElements)
  return (count, fill) => {
    if (fill !== undefined) piece.fill(fill === 1 ? 0x3c00 : 0, 0, count)
    else for (let i = 0; i < count; i++) piece[i] = (random() & 0x83ff) | (9 << 10)
    return new Uint8Array(piece.buffer, 0, 2 * count)
  }
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1)
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done)
}

/** Whole numbers in [0, 2^32): xorshift32 (Marsaglia 2003), which draws 124 million of them in a second. */
function createBits(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
