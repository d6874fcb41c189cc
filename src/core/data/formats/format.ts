import type { ClozeQuestion, Rejection, SourceRow } from '../dataset.ts'

/** What a parser made of a file's text. */
export type Parsed =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'rows'
      readonly columns: readonly string[]
      readonly rows: readonly SourceRow[]
      readonly rejected: readonly Rejection[]
      /** Lone surrogates and stray byte order marks replaced or removed inside the rows. */
      readonly repaired: number
      readonly notes: readonly string[]
    }
  | {
      readonly kind: 'cloze'
      readonly questions: readonly { readonly line: number; readonly question: ClozeQuestion }[]
      readonly rejected: readonly Rejection[]
    }

/** Takes a file's text piece by piece, in order. */
export interface TextParser {
  push(text: string): void
  /** Throws 'bad-data' when the file as a whole makes no sense. */
  end(): Parsed
}

export interface ParserOptions {
  /** File name for messages. */
  readonly name: string
  /** The text column asked for; helps to tell a header from a row. */
  readonly textColumn?: string
}

/** A format of data files. */
export interface DataFormat {
  readonly id: string
  /** Name for people. */
  readonly name: string
  /** File name endings, lower case, with the dot. */
  readonly extensions: readonly string[]
  /** Null for a binary format, which a service reads. */
  readonly createParser: ((options: ParserOptions) => TextParser) | null
}

/** Longest text that one JavaScript string can hold, in UTF-16 units. */
export const longestText = 0x1fffffe8

/** Joins pieces into one text; `onEnd` parses it. For formats that cannot be read line by line. */
export function createWholeTextParser(onEnd: (text: string) => Parsed, tooLong: () => Error): TextParser {
  const pieces: string[] = []
  let length = 0
  return {
    push(text) {
      length += text.length
      if (length > longestText) throw tooLong()
      pieces.push(text)
    },
    end: () => onEnd(pieces.join('')),
  }
}
