import type { Documents, DocumentKind } from './documents.ts'

/** One document that comes, changes or (`after: null`) goes. */
export type Change = { [Kind in DocumentKind]: ChangeOf<Kind> }[DocumentKind]

interface ChangeOf<Kind extends DocumentKind> {
  readonly kind: Kind
  readonly key: string
  readonly after: Documents[Kind] | null
}

/** One edit as a document's history shows it. */
export interface HistoryEntry {
  /** Its place among all edits, from 1, whatever the clock said. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly author: string
  readonly label: string
  readonly undone: boolean
  /** `kind key` of every document that it touched. */
  readonly touched: readonly string[]
}

/** What an edit made of one document; null is no document. Older edits may have left what no longer fits its schema. */
export interface RecordedStep {
  readonly kind: DocumentKind
  readonly key: string
  readonly before: unknown
  readonly after: unknown
}

/**
 * The documents of a workspace, in workspace.duckdb and mirrored in memory: reads are immediate, writes are atomic, in
 * order and on the disk when they resolve. Every write tells the topics of the kinds that it touched.
 */
export interface DocumentStore {
  get<Kind extends DocumentKind>(kind: Kind, key: string): Documents[Kind] | null
  /** By key, in order of creation. A live view: copy it before changing what it holds. */
  all<Kind extends DocumentKind>(kind: Kind): ReadonlyMap<string, Documents[Kind]>
  /** A place among the changes of a kind, for `changedSince`; no two stores share any. */
  markOf(kind: DocumentKind): number
  /** Keys of documents of a kind that came, changed or went since a mark of this store; null when that is too long ago to tell. */
  changedSince(kind: DocumentKind, mark: number): ReadonlySet<string> | null
  /**
   * One step of undo, however many documents it touches. The label says what was done: "Edited the concept of mlp:3:117". Changes that
   * depend on what others are writing are given as a function: it is asked when all writes before are done; none leave no step.
   */
  edit(label: string, changes: readonly Change[] | (() => readonly Change[]), author?: string): Promise<void>
  /** The same without a step of undo, for what jobs made. A function is asked when all earlier writes are done. */
  put(changes: readonly Change[] | (() => readonly Change[])): Promise<void>
  /** Edits that touched a document, oldest first. */
  historyOf(kind: DocumentKind, key: string): HistoryEntry[]
  /** All edits, oldest first. */
  history(): readonly HistoryEntry[]
  /** What edits made of each document, by their place among all edits. */
  stepsOf(seqs: readonly number[]): Promise<ReadonlyMap<number, readonly RecordedStep[]>>
  newId(): string
  /** What undo would take back and redo do again, in words. */
  readonly undoLabel: string | null
  readonly redoLabel: string | null
  /** Takes the last edit back; its label, or null when there is none. */
  undo(): Promise<string | null>
  redo(): Promise<string | null>
  /** The same, with `kind key` of every document that the edit touched. */
  turn(way: 'undo' | 'redo'): Promise<{ readonly label: string; readonly touched: readonly string[] } | null>
}
