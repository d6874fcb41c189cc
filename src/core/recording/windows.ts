import { SnipError } from '../../contract/failure.ts'

/** A tokenized text; `row` is its row in a table, absent for a plain text file. */
export interface TokenizedDocument {
  readonly ids: Int32Array
  readonly row?: number
}

/** Windows cut from documents, in order. */
export interface WindowTable {
  /** Tokens in a window. */
  readonly window: number
  /** Number of windows. */
  readonly count: number
  /** [count, window], row-major; short windows are padded with 0 on the right. */
  readonly ids: Int32Array
  /** [count] tokens of each window that count, at least 2. */
  readonly lengths: Int32Array
  /** [count] where each window starts, in tokens from the start of its document. */
  readonly tokenStarts: Int32Array
  /** [count] index of each window's document. */
  readonly documents: Int32Array
  /** [count] row of each window's document; null when the documents are no rows. */
  readonly rows: Int32Array | null
  /** Tokens in all windows, padding not counted. */
  readonly tokensUsed: number
}

/** Consecutive windows of a table: [start, end). */
export interface WindowBatch {
  readonly start: number
  readonly end: number
}

/** A window shorter than this predicts nothing. */
const SHORTEST_WINDOW = 2

/** Throws `bad-argument` unless `window` is a whole number from 2 to the model's context length. */
export function checkWindow(window: number, contextLength: number): void {
  if (Number.isInteger(window) && window >= SHORTEST_WINDOW && window <= contextLength) return
  throw new SnipError('bad-argument', `A window of ${window} tokens is not possible with this model.`, {
    remedy: `Choose a whole number from ${SHORTEST_WINDOW} to ${contextLength}, the model's context length.`,
  })
}

/**
 * Cuts documents into consecutive windows that do not overlap and never cross a document.
 *
 * `tokens` takes the first so many tokens over the documents in order. `keepShort` keeps a document's last short window when
 * it has at least 2 tokens (rows); without it short windows are dropped (a plain text file).
 * Throws `bad-argument` when more tokens are asked for than there are, `bad-data` when not one window comes out.
 */
export function cutWindows(
  documents: readonly TokenizedDocument[],
  options: { readonly window: number; readonly tokens?: number; readonly keepShort: boolean },
): WindowTable {
  const { window, keepShort } = options
  checkWindow(window, Number.MAX_SAFE_INTEGER)
  const available = documents.reduce((sum, document) => sum + document.ids.length, 0)
  const wanted = options.tokens ?? available
  if (!Number.isInteger(wanted) || wanted < 0 || (options.tokens !== undefined && wanted === 0)) {
    throw new SnipError('bad-argument', `${wanted} is not a number of tokens.`, {
      remedy: 'Ask for a whole number of tokens, at least one window.',
    })
  }
  if (wanted > available) {
    throw new SnipError('bad-argument', `${wanted} tokens were asked for, but the data has only ${available}.`, {
      remedy: `Ask for at most ${available} tokens, or use more data.`,
    })
  }

  const places: { document: number; start: number; length: number }[] = []
  let left = wanted
  documents.forEach((document, index) => {
    const length = Math.min(document.ids.length, left)
    left -= length
    for (let start = 0; start < length; start += window) {
      const taken = Math.min(window, length - start)
      if (taken === window || (keepShort && taken >= SHORTEST_WINDOW)) {
        places.push({ document: index, start, length: taken })
      }
    }
  })
  if (places.length === 0) throw noWindow(available, wanted, window, keepShort)

  const hasRows = documents.some((document) => document.row !== undefined)
  const table = {
    ids: new Int32Array(places.length * window),
    lengths: new Int32Array(places.length),
    tokenStarts: new Int32Array(places.length),
    documents: new Int32Array(places.length),
    rows: hasRows ? new Int32Array(places.length) : null,
  }
  let tokensUsed = 0
  places.forEach((place, index) => {
    const document = documents[place.document]
    if (document === undefined) return
    table.ids.set(document.ids.subarray(place.start, place.start + place.length), index * window)
    table.lengths[index] = place.length
    table.tokenStarts[index] = place.start
    table.documents[index] = place.document
    if (table.rows !== null) table.rows[index] = document.row ?? place.document
    tokensUsed += place.length
  })
  return { window, count: places.length, ...table, tokensUsed }
}

/** Puts every window between the same tokens: they count like the others; `tokenStarts` goes on to say where the text begins. */
export function frameWindows(
  table: WindowTable,
  { before, after }: { readonly before: readonly number[]; readonly after: readonly number[] },
): WindowTable {
  const added = before.length + after.length
  const window = table.window + added
  const ids = new Int32Array(table.count * window)
  for (let at = 0; at < table.count; at++) {
    const text = table.ids.subarray(at * table.window, at * table.window + table.lengths[at]!)
    ids.set(before, at * window)
    ids.set(text, at * window + before.length)
    ids.set(after, at * window + before.length + text.length)
  }
  const lengths = table.lengths.map((length) => length + added)
  return { ...table, window, ids, lengths, tokensUsed: table.tokensUsed + table.count * added }
}

function noWindow(available: number, wanted: number, window: number, keepShort: boolean): SnipError {
  if (available === 0) {
    return new SnipError('bad-data', 'The text tokenizes to nothing.', { remedy: 'Use a text that is not empty.' })
  }
  const shortest = keepShort ? SHORTEST_WINDOW : window
  const kind = wanted < available ? 'bad-argument' : 'bad-data'
  return new SnipError(
    kind,
    `No document has the ${shortest} tokens that one window needs (${wanted} tokens in all).`,
    {
      remedy: keepShort ? 'Use longer texts.' : 'Use a longer text, or a smaller window.',
    },
  )
}

/** Parts a table into consecutive batches of floor(tokensPerBatch / window) windows, at least 1; the last may be smaller. */
export function batchWindows(
  table: { readonly window: number; readonly count: number },
  tokensPerBatch: number,
): WindowBatch[] {
  const perBatch = Math.max(1, Math.floor(tokensPerBatch / table.window))
  const batches: WindowBatch[] = []
  for (let start = 0; start < table.count; start += perBatch) {
    batches.push({ start, end: Math.min(start + perBatch, table.count) })
  }
  return batches
}
