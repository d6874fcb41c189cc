/** Pixels of an image, row by row, the channels of a pixel side by side: [height, width, channels]. */
export interface PixelImage {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Uint8Array
}

/** Ways to resample, by the numbers that preprocessor_config.json gives them (those of the Python Imaging Library). */
export const resamplings = { 0: 'nearest', 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' } as const
export type Resampling = (typeof resamplings)[keyof typeof resamplings]

interface Filter {
  readonly support: number
  weigh(distance: number): number
}

const filters: Readonly<Record<Exclude<Resampling, 'nearest'>, Filter>> = {
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weigh: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weigh: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** Keys 1981, equation 4, with a = -1/2. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/** Weights are whole multiples of 2^-22, as the library that published classifiers were trained behind has them. */
const unit = 2 ** 22

/** The source pixels of each target pixel along one side, and their weights. */
interface Taps {
  readonly starts: Int32Array
  readonly weights: readonly Float64Array[]
}

/**
 * Resizes an image as the Python Imaging Library does: filters widen where it shrinks, so that no source pixel is passed over; rows
 * first, rounded to bytes, then columns.
 */
export function resizeImage(image: PixelImage, width: number, height: number, resampling: Resampling): PixelImage {
  if (image.width === width && image.height === height) return image
  if (resampling === 'nearest') return nearest(image, width, height)
  const filter = filters[resampling]
  const narrow = image.width === width ? image : resampleRows(image, width, tapsOf(image.width, width, filter))
  return narrow.height === height ? narrow : resampleColumns(narrow, height, tapsOf(image.height, height, filter))
}

function tapsOf(from: number, to: number, { support, weigh }: Filter): Taps {
  const scale = from / to
  const widened = Math.max(1, scale)
  const reach = support * widened
  const starts = new Int32Array(to)
  const weights = Array.from(starts, (_start, target) => {
    const centre = (target + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - reach + 0.5))
    const end = Math.min(from, Math.trunc(centre + reach + 0.5))
    const own = Float64Array.from({ length: end - start }, (_, at) => weigh((at + start - centre + 0.5) / widened))
    const sum = own.reduce((total, weight) => total + weight, 0)
    starts[target] = start
    return own.map((weight) => Math.sign(weight) * Math.floor(Math.abs(weight / sum) * unit + 0.5))
  })
  return { starts, weights }
}

function toByte(sum: number): number {
  return Math.min(255, Math.max(0, Math.floor((sum + unit / 2) / unit)))
}

function resampleRows({ data, width: from, height, channels }: PixelImage, width: number, taps: Taps): PixelImage {
  const out = new Uint8Array(height * width * channels)
  for (let x = 0; x < width; x++) {
    const weights = taps.weights[x]!
    const start = taps.starts[x]!
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        let at = (y * from + start) * channels + channel
        for (let tap = 0; tap < weights.length; tap++, at += channels) sum += data[at]! * weights[tap]!
        out[(y * width + x) * channels + channel] = toByte(sum)
      }
    }
  }
  return { width, height, channels, data: out }
}

function resampleColumns({ data, width, channels }: PixelImage, height: number, taps: Taps): PixelImage {
  const row = width * channels
  const out = new Uint8Array(height * row)
  for (let y = 0; y < height; y++) {
    const weights = taps.weights[y]!
    const start = taps.starts[y]!
    for (let column = 0; column < row; column++) {
      let sum = 0
      let at = start * row + column
      for (let tap = 0; tap < weights.length; tap++, at += row) sum += data[at]! * weights[tap]!
      out[y * row + column] = toByte(sum)
    }
  }
  return { width, height, channels, data: out }
}

function nearest(image: PixelImage, width: number, height: number): PixelImage {
  const { data, channels } = image
  const out = new Uint8Array(height * width * channels)
  for (let y = 0; y < height; y++) {
    const sourceY = Math.min(image.height - 1, Math.floor((y + 0.5) * (image.height / height)))
    for (let x = 0; x < width; x++) {
      const sourceX = Math.min(image.width - 1, Math.floor((x + 0.5) * (image.width / width)))
      const from = (sourceY * image.width + sourceX) * channels
      out.set(data.subarray(from, from + channels), (y * width + x) * channels)
    }
  }
  return { width, height, channels, data: out }
}
