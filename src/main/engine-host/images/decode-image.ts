import { inflateSync } from 'node:zlib'
import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import { SnipError } from '../../../contract/failure.ts'
import type { PixelImage } from '../../../core/images/resize.ts'

/** A file says how large its image is in a few bytes: what it asks for is checked before anything is decoded. */
const mostPixels = 50_000_000
const longestSide = 32_768
/** Passes over a progressive JPEG: real ones have about ten, and each costs as much as the whole image. */
const mostScans = 100

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Decodes a PNG or JPEG file to 1 or 3 channels; alpha is left out. Throws `bad-data` with a reason that says what is wrong with "it". */
export function decodeImage(file: Uint8Array, channels: number): PixelImage {
  if (channels !== 1 && channels !== 3) {
    throw new SnipError('unsupported-model', `A model that reads ${channels} channels has no images of PNG or JPEG`, {
      remedy: 'Use a model that reads 1 or 3 channels.',
    })
  }
  const isPng = pngSignature.every((byte, at) => file[at] === byte)
  if (!isPng && !(file[0] === 0xff && file[1] === 0xd8)) throw bad('it is neither PNG nor JPEG')
  try {
    const { width, height, data } = isPng ? decodePng(file) : decodeJpeg(file)
    return { width, height, channels, data: channelsOf(data, width * height, channels) }
  } catch (error) {
    if (error instanceof SnipError) throw error
    throw bad(`it is damaged: ${error instanceof Error ? error.message.slice(0, 200) : 'it cannot be decoded'}`)
  }
}

interface Rgba {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

function decodePng(file: Uint8Array): Rgba {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') throw bad('it is cut short')
  const width = bytes.readUInt32BE(16)
  const height = bytes.readUInt32BE(20)
  checkSize(width, height)
  // The library inflates interlaced images without a limit: they are measured first. Seven passes round rows up.
  if (bytes[28] !== 0) inflateSync(imageData(bytes), { maxOutputLength: (width + 8) * (height + 8) * 8 * 2 })
  return PNG.sync.read(bytes)
}

/** The compressed bytes of all IDAT chunks. */
function imageData(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  return Buffer.concat(parts)
}

function decodeJpeg(file: Uint8Array): Rgba {
  let scans = 0
  for (let at = 0; at + 9 < file.length; at++) {
    if (file[at] !== 0xff) continue
    const marker = file[at + 1]!
    if (marker === 0xda && ++scans > mostScans) throw bad(`it has more than ${mostScans} scans`)
  }
  const [width, height] = jpegSize(file)
  checkSize(width, height)
  return jpeg.decode(file, { useTArray: true, maxResolutionInMP: mostPixels / 1e6, maxMemoryUsageInMB: 2048 })
}

/** Width and height of the first frame header. */
function jpegSize(file: Uint8Array): [number, number] {
  const word = (at: number) => (file[at]! << 8) | file[at + 1]!
  for (let at = 2; at + 9 < file.length;) {
    if (file[at] !== 0xff) break
    const marker = file[at + 1]!
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return [word(at + 7), word(at + 5)]
    at += marker === 0xff ? 1 : 2 + word(at + 2)
  }
  throw bad('it is cut short')
}

function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw bad('it has no pixels')
  if (width <= longestSide && height <= longestSide && width * height <= mostPixels) return
  throw bad(`it has ${width} x ${height} pixels, ${mostPixels / 1e6} million are the most`)
}

/** Grey from colours is ITU-R 601-2, in the whole numbers that the Python Imaging Library computes it with. */
function channelsOf(rgba: Uint8Array, pixels: number, channels: number): Uint8Array {
  if (rgba.length < pixels * 4) throw bad('it is cut short')
  const out = new Uint8Array(pixels * channels)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [red, green, blue] = [rgba[4 * pixel]!, rgba[4 * pixel + 1]!, rgba[4 * pixel + 2]!]
    if (channels === 1) out[pixel] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    else {
      out[3 * pixel] = red
      out[3 * pixel + 1] = green
      out[3 * pixel + 2] = blue
    }
  }
  return out
}

function bad(what: string): SnipError {
  return new SnipError('bad-data', what, { remedy: 'Write the image again as PNG or JPEG.' })
}
