import { randomBytes } from 'node:crypto'
import { SnipError } from '../../../contract/failure.ts'
import type { Topic } from '../../../contract/workbench/events.ts'
import { checkDocument, checkUndone } from './check-document.ts'
import { DocumentMirror } from './document-mirror.ts'
import { readDocuments, readEdits, writeDocuments, type Write } from './document-rows.ts'
import type { Change, DocumentStore, HistoryEntry, RecordedStep } from './document-store.ts'
import { topicsOfKind, type DocumentKind, type Documents } from './documents.ts'
import { EditLog, touchedKey, type EditEntry } from './edit-log.ts'
import { isOtherModel, revert, withoutStale } from './revert.ts'
import type { Query, WorkspaceDatabase } from './workspace-database.ts'

/** One document's step of an edit, as it lies in the database. */
interface Step {
  readonly kind: DocumentKind
  readonly key: string
  readonly created: number
  readonly before: unknown
  readonly after: unknown
}

export interface DocumentStoreOptions {
  readonly database: WorkspaceDatabase
  /** Throws when the workspace must not be written now. */
  readonly checkFolder: () => void
  readonly changed: (topics: readonly Topic[]) => void
}

/** Who edits when nobody says who. */
const somebody = 'person'
/** Edits read at once. */
const editsTogether = 100

/** The document store over workspace.duckdb. */
export class DuckDbDocumentStore implements DocumentStore {
  readonly #options: DocumentStoreOptions
  readonly #mirror = new DocumentMirror()
  #log = new EditLog()
  #tail: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(options: DocumentStoreOptions) {
    this.#options = options
  }

  /** Reads all documents and checks them. A damaged one -> `bad-file` naming it. */
  static async load(options: DocumentStoreOptions): Promise<DuckDbDocumentStore> {
    const store = new DuckDbDocumentStore(options)
    const { database } = options
    store.#mirror.apply(await readDocuments(database))
    store.#log = new EditLog(await readEdits(database))
    return store
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

  historyOf(kind: DocumentKind, key: string): HistoryEntry[] {
    return this.#log.historyOf(kind, key)
  }

  history(): readonly EditEntry[] {
    return this.#log.entries
  }

  async stepsOf(seqs: readonly number[]): Promise<ReadonlyMap<number, readonly RecordedStep[]>> {
    const steps = new Map<number, readonly RecordedStep[]>()
    for (let first = 0; first < seqs.length; first += editsTogether) {
      const some = seqs.slice(first, first + editsTogether)
      const rows = await this.#options.database.query(
        `SELECT seq::DOUBLE AS seq, changes::VARCHAR AS changes FROM edits WHERE seq IN (${some.map((_, at) => `$${at + 1}`).join(', ')})`,
        some.map(BigInt),
      )
      for (const { seq, changes } of rows) steps.set(Number(seq), JSON.parse(String(changes)) as RecordedStep[])
    }
    return steps
  }

  newId(): string {
    return BigInt(`0x${randomBytes(10).toString('hex')}`)
      .toString(36)
      .padStart(16, '0')
  }

  get undoLabel(): string | null {
    return this.#log.last?.label ?? null
  }

  get redoLabel(): string | null {
    return this.#log.next?.label ?? null
  }

  edit(
    label: string,
    changes: readonly Change[] | (() => readonly Change[]),
    author: string = somebody,
  ): Promise<void> {
    return this.#inOrder(async () => {
      const steps = this.#stepsOf(typeof changes === 'function' ? changes() : changes)
      if (steps.length === 0) return
      const leavesBehind = this.#log.next !== null
      const entry = {
        seq: this.#log.nextSeq,
        at: Date.now(),
        author,
        label,
        touched: steps.map(({ kind, key }) => touchedKey(kind, key)),
        undone: false,
        superseded: false,
      }
      await this.#write(steps.map(writeAfter), async (query) => {
        if (leavesBehind) await query('UPDATE edits SET superseded = true WHERE undone')
        await query('INSERT INTO edits VALUES ($1, $2, $3, $4, $5::JSON, $6::JSON, false, false)', [
          BigInt(entry.seq),
          BigInt(entry.at),
          author,
          label,
          JSON.stringify(entry.touched),
          JSON.stringify(steps),
        ])
      })
      this.#log.add(entry)
      this.#tell(steps)
    })
  }

  put(changes: readonly Change[] | (() => readonly Change[])): Promise<void> {
    return this.#inOrder(async () => {
      const steps = this.#stepsOf(typeof changes === 'function' ? changes() : changes)
      if (steps.length === 0) return
      await this.#write(steps.map(writeAfter))
      this.#tell(steps)
    })
  }

  async undo(): Promise<string | null> {
    return (await this.turn('undo'))?.label ?? null
  }

  async redo(): Promise<string | null> {
    return (await this.turn('redo'))?.label ?? null
  }

  turn(way: 'undo' | 'redo'): Promise<EditEntry | null> {
    return this.#inOrder(() => this.#step(way))
  }

  /** Takes no more writes, and resolves when those that were asked for are done. */
  async settle(): Promise<void> {
    this.#closed = true
    await this.#tail.catch(() => {})
  }

  async #step(way: 'undo' | 'redo'): Promise<EditEntry | null> {
    const entry = way === 'undo' ? this.#log.last : this.#log.next
    if (entry === null) return null
    const rows = await this.#options.database.query('SELECT changes::VARCHAR AS changes FROM edits WHERE seq = $1', [
      BigInt(entry.seq),
    ])
    const steps = JSON.parse(String(rows[0]?.['changes'] ?? '[]')) as Step[]
    const writes: Write[] = []
    const undone = way === 'undo'
    for (const { kind, key, created, before, after } of steps) {
      const now = this.#mirror.find(kind, key)
      const [from, to] = undone ? [after, before] : [before, after]
      const reverted = revert(now?.value ?? null, from, to)
      if (!reverted.change) continue
      const value = withoutStale(kind, from, to, reverted.to)
      // What lies in the database may have been put there by anybody.
      const checked =
        value === null ? null : { value: checkUndone(entry.label, kind, key, value), created: now?.created ?? created }
      writes.push({ kind, key, to: checked })
    }
    writes.push(...this.#recounts(writes))
    await this.#write(writes, async (query) => {
      await query('UPDATE edits SET undone = $1 WHERE seq = $2', [undone, BigInt(entry.seq)])
    })
    this.#log.stepped(way)
    this.#tell(writes)
    return entry
  }

  /** Counts of tokens are those of one model: where another one takes its place, none are left that were made meanwhile. */
  #recounts(writes: readonly Write[]): Write[] {
    const model = writes.find(({ kind }) => kind === 'model')
    if (!model || !isOtherModel(this.#mirror.find('model', model.key)?.value, model.to?.value)) return []
    const written = new Set(writes.flatMap(({ kind, key }) => (kind === 'dataset' ? [key] : [])))
    return [...this.#mirror.all('dataset')].flatMap(([key, dataset]): Write[] => {
      if (dataset.tokens === null || written.has(key)) return []
      const { created } = this.#mirror.find('dataset', key)!
      return [{ kind: 'dataset', key, to: { value: { ...dataset, tokens: null }, created } }]
    })
  }

  /** What the changes come to, given the documents as they are now. Later changes of one document win. */
  #stepsOf(changes: readonly Change[]): Step[] {
    const steps = new Map<string, Step>()
    let created = this.#mirror.nextCreated
    for (const { kind, key, after } of changes) {
      const known = this.#mirror.find(kind, key)
      const value = after === null ? null : checkDocument(kind, key, after)
      if (known === null && value === null) continue
      const step = { kind, key, created: known?.created ?? created++, before: known?.value ?? null, after: value }
      steps.set(touchedKey(kind, key), step)
    }
    return [...steps.values()]
  }

  async #write(writes: readonly Write[], alongside: (query: Query) => Promise<void> = async () => {}): Promise<void> {
    this.#options.checkFolder()
    const numberOf = ({ kind, key, to }: Write) => (to ?? this.#mirror.find(kind, key))?.created ?? null
    await writeDocuments(this.#options.database, writes, numberOf, alongside)
    this.#mirror.apply(writes)
  }

  #tell(steps: readonly { readonly kind: DocumentKind }[]): void {
    const topics = new Set<Topic>(['workspace'])
    for (const kind of new Set(steps.map((step) => step.kind)))
      for (const topic of topicsOfKind[kind]) topics.add(topic)
    this.#options.changed([...topics])
  }

  /** One write after the other, in the order in which they were asked for. */
  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) {
      const remedy = 'Open it again and repeat this.'
      return Promise.reject(new SnipError('not-found', 'The workspace was closed meanwhile', { remedy }))
    }
    const result = this.#tail.then(work, work)
    this.#tail = result.catch(() => {})
    return result
  }
}

function writeAfter({ kind, key, created, after }: Step): Write {
  return { kind, key, to: after === null ? null : { value: after, created } }
}
