import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { fitImage, normaliseImage, readPreparation } from '../../../src/core/images/preparation.ts'
import { resizeImage, type PixelImage, type Resampling } from '../../../src/core/images/resize.ts'
import { decodeImage } from '../../../src/main/engine-host/images/decode-image.ts'
import { imageFamilies } from '../../support/models/family-folders.ts'

const grey = (width: number, height: number, data: number[]): PixelImage => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(data),
})

function failureOf(call: () => unknown): SnipError {
  try {
    call()
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
  throw new Error('expected a failure')
}

describe('resizing', () => {
  test.each<[Resampling, number[], number, number[]]>([
    // Weights 0.75, 0.75, 0.25 over 1.75: a filter that widens as the image shrinks.
    ['bilinear', [0, 100, 200, 255], 2, [71, 209]],
    // 0.2265625 / 1.09375 of 255 in the middle; beyond the ends the curve overshoots and is cut off.
    ['bicubic', [0, 255], 4, [0, 53, 202, 255]],
    ['nearest', [1, 2, 3, 4, 5, 6], 3, [2, 4, 6]],
    ['lanczos', [9, 9, 9, 9, 9], 3, [9, 9, 9]],
  ])('by %s is what the Python Imaging Library computes', (resampling, row, width, expected) => {
    expect([...resizeImage(grey(row.length, 1, row), width, 1, resampling).data]).toEqual(expected)
    expect([...resizeImage(grey(1, row.length, row), 1, width, resampling).data]).toEqual(expected)
  })

  test('keeps channels and rows apart', () => {
    const image = { width: 1, height: 2, channels: 3, data: Uint8Array.of(10, 20, 30, 40, 50, 60) }
    expect([...resizeImage(image, 2, 2, 'bilinear').data]).toEqual([10, 20, 30, 10, 20, 30, 40, 50, 60, 40, 50, 60])
  })
})

describe('preparing', () => {
  const config = (name: string, changes = {}) => ({
    ...JSON.parse(
      readFileSync(join(import.meta.dirname, `../../fixtures/families/${name}/preprocessor_config.json`), 'utf8'),
    ),
    ...changes,
  })
  const model = { height: 16, width: 16, channels: 3 }

  test.each(imageFamilies())(
    'gives the numbers that $name was recorded with',
    ({ name, size, images, pixelValues }) => {
      const [height, width, channels] = size
      const preparation = readPreparation(config(name), { height, width, channels })
      const out = new Float32Array(channels * height * width)
      for (const [at, data] of images.entries()) {
        normaliseImage(fitImage({ width, height, channels, data }, preparation), preparation, out, 0)
        const largest = out.reduce((most, value, i) => Math.max(most, Math.abs(value - pixelValues[at]![i]!)), 0)
        expect(largest).toBeLessThan(1e-6)
      }
    },
  )

  test.each([
    [{ do_center_crop: true }, 'unsupported-model', /do_center_crop to true/],
    [{ resample: 5 }, 'unsupported-model', /resample to 5/],
    [{ size: { shortest_edge: 16 } }, 'unsupported-model', /size to \{"shortest_edge":16\}/],
    [{ size: 32 }, 'bad-model', /32 x 32; config.json has images of 16 x 16/],
    [{ image_std: [0.5, 0, 0.5] }, 'bad-model', /image_std/],
    [{ image_mean: [0.5, 0.5] }, 'bad-model', /2 numbers for 3 channels/],
  ])('with %j is refused by name', (changes, kind, says) => {
    const failure = failureOf(() => readPreparation(config('vit', changes), model))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(says)
  })

  test('without resizing takes only images of the right size', () => {
    const preparation = readPreparation(config('vit', { do_resize: false }), model)
    expect(failureOf(() => fitImage(grey(4, 4, Array(16).fill(0)), preparation)).message).toMatch(/4 x 4 pixels/)
  })
})

/** A PNG of any header and data: lengths are right, checksums are not looked at before sizes are. */
function png(width: number, height: number, interlaced: boolean, data: Buffer): Buffer {
  const header = PNG.sync.write(new PNG({ width: 1, height: 1 })).subarray(0, 33)
  const bytes = Buffer.from(header)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  bytes[28] = interlaced ? 1 : 0
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  return Buffer.concat([bytes, length, Buffer.from('IDAT'), data, Buffer.alloc(4)])
}

describe('decoding', () => {
  const source = new PNG({ width: 3, height: 2 })
  source.data = Buffer.from(Array.from({ length: 24 }, (_, at) => (at % 4 === 3 ? 255 : at * 10)))

  test('reads PNG exactly, in colours and in grey', () => {
    const { width, height, data } = decodeImage(PNG.sync.write(source), 3)
    expect([width, height]).toEqual([3, 2])
    expect([...data.subarray(0, 6)]).toEqual([0, 10, 20, 40, 50, 60])
    // (0 x 19595 + 10 x 38470 + 20 x 7471) / 65536 = 8.15, and 48.15.
    expect([...decodeImage(PNG.sync.write(source), 1).data.subarray(0, 2)]).toEqual([8, 48])
  })

  test('reads JPEG about as it was', () => {
    const flat = Buffer.alloc(16 * 16 * 4, 200)
    const { data } = decodeImage(jpeg.encode({ data: flat, width: 16, height: 16 }, 95).data, 3)
    expect(data).toHaveLength(16 * 16 * 3)
    expect(data.every((value) => Math.abs(value - 200) <= 2)).toBe(true)
  })

  test.each<[string, Buffer, RegExp]>([
    ['no image', Buffer.from('GIF89a, or text'), /neither PNG nor JPEG/],
    ['an empty file', Buffer.alloc(0), /neither PNG nor JPEG/],
    ['a PNG that is cut short', PNG.sync.write(source).subarray(0, 50), /damaged/],
    ['a PNG of 60,000 x 60,000', png(60_000, 60_000, false, deflateSync(Buffer.alloc(10))), /60000 x 60000 pixels/],
    ['a PNG without pixels', png(0, 7, false, deflateSync(Buffer.alloc(10))), /no pixels/],
    ['a PNG whose data go on', png(8, 8, true, deflateSync(Buffer.alloc(20_000_000))), /damaged/],
    [
      'a JPEG of 65,535 x 65,535',
      Buffer.from('ffd8ffc0001108ffffffff03011100021100031100', 'hex'),
      /65535 x 65535 pixels/,
    ],
    [
      'a JPEG of a thousand scans',
      Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(2000, 'ffda', 'hex')]),
      /100 scans/,
    ],
    ['a JPEG that is cut short', Buffer.from('ffd8ffe0', 'hex'), /cut short/],
  ])('refuses %s', (_, file, says) => {
    const failure = failureOf(() => decodeImage(file, 3))
    expect(failure.kind).toBe('bad-data')
    expect(failure.message).toMatch(says)
  })
})
