import { SnipError } from '../../contract/failure.ts'
import { Tokenizer } from './tokenizer.ts'

/**
 * In place of a tokenizer for a classifier of images: its tokens are the class token and the patches, row by row, so that whatever shows
 * tokens can name them. It reads no text.
 */
export class PatchNames extends Tokenizer {
  readonly #family: string

  constructor(family: string, rows: number, columns: number) {
    const vocab: Record<string, number> = { '[class]': 0 }
    for (let patch = 0; patch < rows * columns; patch++) {
      vocab[`[${Math.floor(patch / columns) + 1},${(patch % columns) + 1}]`] = patch + 1
    }
    super({ model: { type: 'WordLevel', vocab, unk_token: '[class]' } })
    this.#family = family
  }

  override encode(): never {
    throw this.#refusal()
  }

  override encodeStart(): never {
    throw this.#refusal()
  }

  override encodeDocument(): never {
    throw this.#refusal()
  }

  override encodeWithSpans(): never {
    throw this.#refusal()
  }

  #refusal(): SnipError {
    return new SnipError('unsupported-model', `${this.#family} models classify images and read no text`, {
      remedy: 'Give images, or a language model.',
    })
  }
}
