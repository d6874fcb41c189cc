import { DocumentMirror } from './document-mirror.ts'
import type { Change, DocumentStore } from './document-store.ts'
import type { DocumentKind, Documents } from './documents.ts'

/** Documents in memory alone, without undo: for putting a first state together, and for tests. */
export class MemoryDocumentStore implements DocumentStore {
  readonly #mirror = new DocumentMirror()
  readonly undoLabel = null
  readonly redoLabel = null
  #ids = 0

  constructor(changes: readonly Change[] = []) {
    this.add(changes)
  }

  add(changes: readonly Change[]): void {
    for (const { kind, key, after } of changes) {
      const created = this.#mirror.find(kind, key)?.created ?? this.#mirror.nextCreated
      this.#mirror.apply([{ kind, key, to: after === null ? null : { value: after, created } }])
    }
  }

  get<Kind extends DocumentKind>(kind: Kind, key: string): Documents[Kind] | null {
    return this.#mirror.all(kind).get(key) ?? null
  }

  all<Kind extends DocumentKind>(kind: Kind): ReadonlyMap<string, Documents[Kind]> {
    return this.#mirror.all(kind)
  }

  markOf(kind: DocumentKind): number {
    return this.#mirror.markOf(kind)
  }

  changedSince(kind: DocumentKind, mark: number): ReadonlySet<string> | null {
    return this.#mirror.changedSince(kind, mark)
  }

  edit(_label: string, changes: readonly Change[] | (() => readonly Change[])): Promise<void> {
    this.add(typeof changes === 'function' ? changes() : changes)
    return Promise.resolve()
  }

  put(changes: readonly Change[] | (() => readonly Change[])): Promise<void> {
    this.add(typeof changes === 'function' ? changes() : changes)
    return Promise.resolve()
  }

  historyOf(): [] {
    return []
  }

  history(): [] {
    return []
  }

  stepsOf(): Promise<ReadonlyMap<number, []>> {
    return Promise.resolve(new Map())
  }

  newId(): string {
    return `m${++this.#ids}`
  }

  undo(): Promise<null> {
    return Promise.resolve(null)
  }

  redo(): Promise<null> {
    return Promise.resolve(null)
  }

  turn(): Promise<null> {
    return Promise.resolve(null)
  }
}
