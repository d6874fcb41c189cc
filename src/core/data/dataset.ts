/** One document: the unit that windows never cross. */
export interface Document {
  readonly text: string
  /** Index, from 0, of the row among the rows in use (after filter and sample); absent for a plain text file. */
  readonly row?: number
}

/** A piece of the file that is not in use, and why. */
export interface Rejection {
  /** Physical line on which the row starts, from 1. For Parquet, which has no lines: the row's number, from 1. */
  readonly line: number
  /** One short phrase. */
  readonly reason: string
}

/** A question of the Children's Book Test (Hill et al. 2015): the reader picks the word that `XXXXX` stands for. */
export interface ClozeQuestion {
  /** Position in the file, from 1; damaged questions count too, so an index is stable under mending the file. */
  readonly index: number
  /** The 20 lines of context, without their line numbers. */
  readonly context: readonly string[]
  /** Line 21; holds `XXXXX` exactly once. */
  readonly query: string
  /** One of `candidates`. */
  readonly answer: string
  /** Ten words. */
  readonly candidates: readonly string[]
}

/** A data file as documents, with everything that was left out or mended on the way. */
export interface Dataset {
  readonly kind: 'text' | 'rows' | 'cloze'
  /** Absolute path as asked for; symbolic links are not resolved in it. */
  readonly path: string
  /** Id of the format that read the file. */
  readonly format: string
  /** Column (dotted for a nested one) that holds the text; null for plain text, cloze and when none was needed. */
  readonly textColumn: string | null
  readonly documents: readonly Document[]
  readonly columns: readonly string[]
  /** Rows in use: after filter and sample, without the rejected ones. 1 for a plain text file. */
  readonly rows: number
  readonly rejected: readonly Rejection[]
  /** How many things were mended: byte order marks removed, invalid byte sequences and lone surrogates replaced. */
  readonly repaired: number
  /** What was mended, decoded or guessed, one sentence each. */
  readonly notes: readonly string[]
  /** The first 5 rows in use as plain JSON, each string cut to 200 characters. */
  readonly preview: readonly Record<string, unknown>[]
  /** The questions in use, for a cloze dataset only; `cloze[i]` is `documents[i]`. */
  readonly cloze?: readonly ClozeQuestion[]
  /** SHA-256, hex, of the documents in use (see `documentHashParts`). */
  readonly dataHash: string
}

/** A row as a format parser hands it over. */
export interface SourceRow {
  /** Physical line on which the row starts, from 1. */
  readonly line: number
  readonly values: Record<string, unknown>
}
