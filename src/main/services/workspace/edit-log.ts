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

/** The edits of a workspace in order, and which of them undo and redo stand at. */
export class EditLog {
  readonly #entries: EditEntry[] = []
  readonly #byDocument = new Map<string, EditEntry[]>()

  get nextSeq(): number {
    return (this.#entries.at(-1)?.seq ?? 0) + 1
  }

  /** The edit that undo takes back. */
  get last(): EditEntry | null {
    return this.#entries.findLast(({ undone }) => !undone) ?? null
  }

  /** The edit that redo does again: the oldest undone one that no newer edit left behind. */
  get next(): EditEntry | null {
    return this.#entries.find(({ undone, superseded }) => undone && !superseded) ?? null
  }

  /** Edits that a new one leaves behind. */
  get redoTail(): EditEntry[] {
    return this.#entries.filter(({ undone, superseded }) => undone && !superseded)
  }

  add(entry: EditEntry): void {
    this.#entries.push(entry)
    for (const document of new Set(entry.touched)) {
      const known = this.#byDocument.get(document)
      if (known) known.push(entry)
      else this.#byDocument.set(document, [entry])
    }
  }

  get entries(): readonly EditEntry[] {
    return this.#entries
  }

  historyOf(kind: DocumentKind, key: string): HistoryEntry[] {
    const entries = this.#byDocument.get(touchedKey(kind, key)) ?? []
    return entries.map(({ seq, at, author, label, undone }) => ({ seq, at, author, label, undone }))
  }
}
