import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { resamplings, resizeImage, type PixelImage, type Resampling } from './resize.ts'

/** How images become what a classifier reads. */
export interface ImagePreparation {
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Null: images must have the size already. */
  readonly resampling: Resampling | null
  /** Factor on the bytes, then mean and deviation by channel: (byte x factor - mean) / deviation. */
  readonly factor: number
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

const side = z.number().int().positive().max(100_000)
const perChannel = z.union([z.number(), z.array(z.number()).min(1).max(16)])
const configSchema = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([side, z.looseObject({ height: side.optional(), width: side.optional() })]).nullish(),
  resample: z.number().int().default(2),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: perChannel.default(0.5),
  image_std: perChannel.default(0.5),
  do_center_crop: z.boolean().nullish(),
  do_pad: z.boolean().nullish(),
})

const name = 'preprocessor_config.json'

/** Reads preprocessor_config.json for a model's images. Throws `bad-model`, or `unsupported-model` naming the key. */
export function readPreparation(
  json: unknown,
  { height, width, channels }: { readonly height: number; readonly width: number; readonly channels: number },
): ImagePreparation {
  const parsed = configSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw bad(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is wrong'}`)
  }
  const c = parsed.data
  if (c.do_center_crop) throw refuse('do_center_crop', true)
  if (c.do_pad) throw refuse('do_pad', true)
  const resampling: Resampling | undefined = resamplings[c.resample as keyof typeof resamplings]
  if (resampling === undefined) throw refuse('resample', c.resample)
  if (c.do_resize && c.size != null) {
    const [high, wide] = typeof c.size === 'number' ? [c.size, c.size] : [c.size.height, c.size.width]
    if (high === undefined || wide === undefined) throw refuse('size', c.size)
    if (high !== height || wide !== width) {
      throw bad(`size: ${high} x ${wide}; config.json has images of ${height} x ${width}`)
    }
  }
  const every = (key: string, value: number | readonly number[]): number[] => {
    const values = typeof value === 'number' ? [value] : value
    if (values.length !== 1 && values.length !== channels) {
      throw bad(`${key}: ${values.length} numbers for ${channels} channels`)
    }
    return Array.from({ length: channels }, (_, channel) => values[values.length === 1 ? 0 : channel]!)
  }
  const deviation = every('image_std', c.do_normalize ? c.image_std : 1)
  if (deviation.some((value) => !(value > 0))) throw bad('image_std: a deviation is not positive')
  return {
    height,
    width,
    channels,
    resampling: c.do_resize ? resampling : null,
    factor: c.do_rescale ? c.rescale_factor : 1,
    mean: every('image_mean', c.do_normalize ? c.image_mean : 0),
    deviation,
  }
}

/** The bytes of an image at the model's size, as resizing rounds them: [height, width, channels]. Throws `bad-data`. */
export function fitImage(image: PixelImage, preparation: ImagePreparation): Uint8Array {
  const { height, width, resampling } = preparation
  if (resampling !== null) return resizeImage(image, width, height, resampling).data
  if (image.height === height && image.width === width) return image.data
  throw new SnipError(
    'bad-data',
    `it has ${image.width} x ${image.height} pixels, the model reads ${width} x ${height}`,
    {
      remedy: 'Resize the images first.',
    },
  )
}

/** Writes fitted bytes as the model reads them: f32 [channels, height, width] at `offset` of `out`. */
export function normaliseImage(
  bytes: Uint8Array,
  { height, width, channels, factor, mean, deviation }: ImagePreparation,
  out: Float32Array,
  offset: number,
): void {
  const pixels = height * width
  for (let channel = 0; channel < channels; channel++) {
    const shift = mean[channel]!
    const scale = deviation[channel]!
    const start = offset + channel * pixels
    for (let pixel = 0; pixel < pixels; pixel++) {
      out[start + pixel] = (bytes[pixel * channels + channel]! * factor - shift) / scale
    }
  }
}

function bad(what: string): SnipError {
  return new SnipError('bad-model', `${name}: ${what}`, { remedy: 'Use the file that was published with the model.' })
}

function refuse(key: string, value: unknown): SnipError {
  const shown = JSON.stringify(value)?.slice(0, 100)
  return new SnipError('unsupported-model', `${name} sets ${key} to ${shown}, which is not supported`, {
    remedy: 'Prepare the images yourself and give them at the size of the model.',
  })
}
