import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { SnipError, toSnipError } from '../../../contract/failure.ts'
import { fitImage, normaliseImage, readPreparation, type ImagePreparation } from '../../../core/images/preparation.ts'
import { pixelInput } from '../../../core/onnx/input-nodes.ts'
import { readJsonFile } from '../model/checkpoint-folder.ts'
import type { OpenModel } from '../model/open-model.ts'
import { decodeImage } from './decode-image.ts'

/** Prepared images of one set take no more than this. */
const mostBytes = 4 * 1024 ** 3
const configName = 'preprocessor_config.json'

/** Images at the size that a classifier reads, as bytes; they are normalised when they are run. */
export class ImageSet {
  readonly #preparation: ImagePreparation
  readonly #images: Uint8Array[] = []

  constructor(preparation: ImagePreparation) {
    this.#preparation = preparation
  }

  get count(): number {
    return this.#images.length
  }

  /** Decodes a file and keeps it; returns why not, where it cannot. Throws `out-of-memory` for more than a set may hold. */
  add(file: Uint8Array): string | null {
    const { height, width, channels } = this.#preparation
    if ((this.count + 1) * height * width * channels > mostBytes) {
      throw new SnipError('out-of-memory', `More than ${this.count} images do not fit into memory together`, {
        remedy: 'Take fewer with --sample.',
      })
    }
    try {
      this.#images.push(fitImage(decodeImage(file, channels), this.#preparation))
      return null
    } catch (error) {
      const failure = toSnipError(error)
      if (failure.kind !== 'bad-data') throw failure
      return failure.message
    }
  }

  /** Images from `start` to `end` as a session reads them. */
  feeds(start: number, end: number): Record<string, ort.Tensor> {
    const { height, width, channels } = this.#preparation
    const each = channels * height * width
    const pixels = new Float32Array((end - start) * each)
    for (let at = start; at < end; at++) {
      normaliseImage(this.#images[at]!, this.#preparation, pixels, (at - start) * each)
    }
    return { [pixelInput]: new ort.Tensor('float32', pixels, [end - start, channels, height, width]) }
  }
}

/** An empty set for a classifier, which is prepared as the file beside it, or above its folder `onnx`, says. */
export function createImageSet(model: Pick<OpenModel, 'path' | 'source' | 'layout'>): ImageSet {
  const image = model.layout?.image
  if (!image) {
    throw new SnipError('unsupported-model', `${model.path} is a language model and reads no images`, {
      remedy: 'Give it text, or use a classifier of images.',
    })
  }
  const folder = model.source === 'checkpoint' ? model.path : dirname(model.path)
  const places = basename(folder) === 'onnx' ? [folder, dirname(folder)] : [folder]
  const path = places.map((place) => join(place, configName)).find((file) => existsSync(file))
  if (path === undefined) {
    throw new SnipError('bad-model', `${folder} holds no ${configName}, which says how images are prepared`, {
      remedy: 'Put the published file beside the model.',
    })
  }
  return new ImageSet(readPreparation(readJsonFile(path, 'bad-model'), image))
}
