import { randomBytes } from 'node:crypto'
import { SnipError } from '../../../contract/failure.ts'
import {
  checkWindow,
  cutWindows,
  frameWindows,
  type TokenizedDocument,
  type WindowTable,
} from '../../../core/recording/windows.ts'
import type { OpenModel } from '../model/open-model.ts'
import { betweenBatches } from './steps.ts'

export interface CorpusRequest {
  readonly documents: readonly { readonly text: string; readonly row?: number | undefined }[]
  readonly keepShort: boolean
  readonly window: number
  readonly tokens: number | null
  /** Frames every window by what the tokenizer's template adds. */
  readonly specialTokens?: boolean
}

/** Tokenizes documents, only as far as `tokens` asks, and cuts them into windows. */
export async function makeCorpus(
  model: OpenModel,
  request: CorpusRequest,
  signal: AbortSignal | undefined,
): Promise<WindowTable> {
  checkWindow(request.window, model.shape.contextLength)
  const { before, after } = model.tokenizer.template
  const frame = { before, after }
  const framed = request.specialTokens === true ? before.length + after.length : 0
  if (request.window < framed + 2) {
    throw new SnipError('bad-argument', `A window of ${request.window} tokens has no place for text in its frame`, {
      remedy: `Use windows of at least ${framed + 2} tokens.`,
    })
  }
  const tokenized: TokenizedDocument[] = []
  let left = request.tokens ?? Infinity
  for (const [index, { text, row }] of request.documents.entries()) {
    if (left <= 0) break
    const ids = left === Infinity ? model.tokenizer.encodeDocument(text) : model.tokenizer.encodeStart(text, left)
    left -= ids.length
    tokenized.push(row === undefined ? { ids } : { ids, row })
    if (index % 256 === 255) await betweenBatches(signal)
  }
  const table = cutWindows(tokenized, {
    window: request.window - framed,
    keepShort: request.keepShort,
    ...(request.tokens === null ? {} : { tokens: request.tokens }),
  })
  return framed === 0 ? table : frameWindows(table, frame)
}

/**
 * Things that callers name by handle: kept until their model is closed. A handle is never given out twice, not even by the
 * next host: one from before a restart must not name another thing after it.
 */
export class Shelf<T> {
  readonly #items = new Map<string, T>()
  readonly #what: string
  readonly #mark = randomBytes(4).toString('hex')
  #count = 0

  constructor(what: string) {
    this.#what = what
  }

  add(item: T): string {
    const handle = `${this.#what}-${this.#mark}-${++this.#count}`
    this.#items.set(handle, item)
    return handle
  }

  get(handle: string): T {
    const item = this.#items.get(handle)
    if (item === undefined) {
      throw new SnipError('not-found', `The engine has no ${this.#what} "${handle}"`, {
        remedy: 'The engine was restarted: open the model again.',
      })
    }
    return item
  }

  /** Forgets an item; one that is not there is gone already. */
  drop(handle: string): void {
    this.#items.delete(handle)
  }

  remove(handle: string): T {
    const item = this.get(handle)
    this.#items.delete(handle)
    return item
  }
}
