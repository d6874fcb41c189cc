import type { DocumentKind } from './documents.ts'
import type { HistoryEntry } from './document-store.ts'

/** One edit without its documents, which stay on the disk until somebody undoes it. */
export interface EditEntry {
  readonly seq: number
  readonly at: number
  readonly author: string
  readonly label: string
  /** `kind key` of every document that it touched. */
  readonly touched: readonly string[]
  undone: boolean
  /** True for what was undone and then left behind by a newer edit: it stays in the history and is never redone. */
  superseded: boolean
}

export function touchedKey(kind: DocumentKind, key: string): string {
  return `${kind} ${key}`
}

/** The edits of a workspace in order, and which of them undo and redo stand at: each step costs the same, however many there are. */
export class EditLog {
  readonly #entries: EditEntry[] = []
  readonly #byDocument = new Map<string, EditEntry[]>()
  /** Edits that stand, in order. */
  readonly #done: EditEntry[] = []
  /** Edits that can be done again, the next one last. */
  readonly #redo: EditEntry[] = []

  /** `entries` in order of their numbers, as they were kept. */
  constructor(entries: readonly EditEntry[] = []) {
    for (const entry of entries) this.#keep(entry)
    this.#redo.reverse()
  }

  get nextSeq(): number {
    return (this.#entries.at(-1)?.seq ?? 0) + 1
  }

  /** The edit that undo takes back. */
  get last(): EditEntry | null {
    return this.#done.at(-1) ?? null
  }

  /** The edit that redo does again: the oldest undone one that no newer edit left behind. */
  get next(): EditEntry | null {
    return this.#redo.at(-1) ?? null
  }

  /** A new edit: what could be done again is left behind. */
  add(entry: EditEntry): void {
    for (const left of this.#redo.splice(0)) left.superseded = true
    this.#keep(entry)
  }

  /** The last edit was taken back, or the next one done again. */
  stepped(way: 'undo' | 'redo'): void {
    const [from, to] = way === 'undo' ? [this.#done, this.#redo] : [this.#redo, this.#done]
    const entry = from.pop()
    if (entry === undefined) return
    entry.undone = way === 'undo'
    to.push(entry)
  }

  get entries(): readonly EditEntry[] {
    return this.#entries
  }

  historyOf(kind: DocumentKind, key: string): HistoryEntry[] {
    const entries = this.#byDocument.get(touchedKey(kind, key)) ?? []
    return entries.map(({ seq, at, author, label, undone, touched }) => ({ seq, at, author, label, undone, touched }))
  }

  #keep(entry: EditEntry): void {
    this.#entries.push(entry)
    if (!entry.undone) this.#done.push(entry)
    else if (!entry.superseded) this.#redo.push(entry)
    for (const document of new Set(entry.touched)) {
      const known = this.#byDocument.get(document)
      if (known) known.push(entry)
      else this.#byDocument.set(document, [entry])
    }
  }
}
