import type { DocumentKind, Documents } from './documents.ts'

/** A document as it stands: its value, and its number in the order of creation. */
export interface Stored {
  readonly value: unknown
  readonly created: number
}

/** Changes of one kind that are remembered: whoever looks after more of them looks at all documents. */
const mostRemembered = 4096

/** All documents in memory, each kind in order of creation. */
export class DocumentMirror {
  readonly #values = new Map<DocumentKind, Map<string, unknown>>()
  readonly #created = new Map<DocumentKind, Map<string, number>>()
  /** Keys of the changes of each kind, newest last, and how many came before the first of them. */
  readonly #changes = new Map<DocumentKind, { before: number; keys: string[] }>()
  #nextCreated = 1

  get nextCreated(): number {
    return this.#nextCreated
  }

  find(kind: DocumentKind, key: string): Stored | null {
    const value = this.#values.get(kind)?.get(key)
    return value === undefined ? null : { value, created: this.#created.get(kind)!.get(key)! }
  }

  all<Kind extends DocumentKind>(kind: Kind): ReadonlyMap<string, Documents[Kind]> {
    return this.#valuesOf(kind) as ReadonlyMap<string, Documents[Kind]>
  }

  /** Puts documents in or, with null, takes them out. One that comes back takes its old place in the order. */
  apply(changes: readonly { readonly kind: DocumentKind; readonly key: string; readonly to: Stored | null }[]): void {
    const disordered = new Set<DocumentKind>()
    for (const { kind, key, to } of changes) {
      const values = this.#valuesOf(kind)
      const created = this.#createdOf(kind)
      this.#remember(kind, key)
      if (to === null) {
        values.delete(key)
        created.delete(key)
        continue
      }
      if (!values.has(key) && to.created < this.#nextCreated) disordered.add(kind)
      values.set(key, to.value)
      created.set(key, to.created)
      this.#nextCreated = Math.max(this.#nextCreated, to.created + 1)
    }
    for (const kind of disordered) this.#sort(kind)
  }

  /** A place among the changes of a kind, for `changedSince`. */
  markOf(kind: DocumentKind): number {
    const { before, keys } = this.#changesOf(kind)
    return before + keys.length
  }

  /** Documents of a kind that came, changed or went since a mark; null when it is too long ago to tell. */
  changedSince(kind: DocumentKind, mark: number): ReadonlySet<string> | null {
    const { before, keys } = this.#changesOf(kind)
    return mark < before ? null : new Set(keys.slice(mark - before))
  }

  #remember(kind: DocumentKind, key: string): void {
    const changes = this.#changesOf(kind)
    if (changes.keys.push(key) <= mostRemembered) return
    const forgotten = mostRemembered / 2
    changes.keys.splice(0, forgotten)
    changes.before += forgotten
  }

  #sort(kind: DocumentKind): void {
    const values = this.#valuesOf(kind)
    const created = this.#createdOf(kind)
    const keys = [...values.keys()].toSorted((a, b) => created.get(a)! - created.get(b)!)
    const entries = keys.map((key) => [key, values.get(key)] as const)
    values.clear()
    for (const [key, value] of entries) values.set(key, value)
  }

  #valuesOf(kind: DocumentKind): Map<string, unknown> {
    let values = this.#values.get(kind)
    if (!values) this.#values.set(kind, (values = new Map<string, unknown>()))
    return values
  }

  #createdOf(kind: DocumentKind): Map<string, number> {
    let created = this.#created.get(kind)
    if (!created) this.#created.set(kind, (created = new Map<string, number>()))
    return created
  }

  #changesOf(kind: DocumentKind): { before: number; keys: string[] } {
    let changes = this.#changes.get(kind)
    if (!changes) this.#changes.set(kind, (changes = { before: 0, keys: [] }))
    return changes
  }
}
