import { join } from 'node:path'
import { z } from 'zod'
import { UnitLog } from '../../jobs/unit-log.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const lineSchema = z.discriminatedUnion('what', [
  /** Written before a batch is handed in: a batch with this mark may be there from now on. */
  z.object({ what: z.literal('intent'), mark: z.string(), hashes: z.array(hash) }),
  z.object({ what: z.literal('created'), mark: z.string(), batch: z.string() }),
  /** The server was told to end it: what it had not answered by then is handed in again. */
  z.object({ what: z.literal('cancelled'), mark: z.string() }),
  /** Its answers are in the journal, or there will be none. */
  z.object({ what: z.literal('over'), mark: z.string() }),
  /** A file at the server, with questions or answers of the batch of this mark. */
  z.object({ what: z.literal('file'), mark: z.string(), file: z.string() }),
  /** It is not there any more. */
  z.object({ what: z.literal('gone'), file: z.string() }),
])
type Line = z.infer<typeof lineSchema>

/** A batch that was handed in, or may have been (`batch` null), and is not over. */
export interface OpenBatch {
  readonly mark: string
  readonly batch: string | null
  readonly hashes: readonly string[]
  readonly isCancelled: boolean
}

/** Which batches a job has handed in, and which files of them lie at the server, in batches.jsonl of its folder. */
export class BatchLog {
  readonly #log: UnitLog<Line>

  constructor(folder: string) {
    this.#log = UnitLog.open<Line>(join(folder, 'batches.jsonl'), { check: (json) => void lineSchema.parse(json) })
  }

  write(line: Line): void {
    this.#log.append(line)
    this.#log.flush()
  }

  /** In the order in which they were handed in. */
  open(): OpenBatch[] {
    const batches = new Map<string, OpenBatch>()
    for (const line of this.#log.units) {
      if (line.what === 'intent') {
        batches.set(line.mark, { mark: line.mark, batch: null, hashes: line.hashes, isCancelled: false })
      } else if (line.what === 'over') batches.delete(line.mark)
      else if (line.what === 'created' || line.what === 'cancelled') {
        const batch = batches.get(line.mark)
        if (batch === undefined) continue
        const change = line.what === 'created' ? { batch: line.batch } : { isCancelled: true }
        batches.set(line.mark, { ...batch, ...change })
      }
    }
    return [...batches.values()]
  }

  /** Keeps the name of a file as soon as it is known. */
  noteFile(mark: string, file: string): void {
    if (!this.#files().has(file)) this.write({ what: 'file', mark, file })
  }

  /** Files at the server that no open batch needs any more, and how many lie there in all. */
  files(): { readonly needless: string[]; readonly all: number } {
    const open = new Set(this.open().map(({ mark }) => mark))
    const files = [...this.#files()]
    return { needless: files.flatMap(([file, mark]) => (open.has(mark) ? [] : [file])), all: files.length }
  }

  #files(): Map<string, string> {
    const files = new Map<string, string>()
    for (const line of this.#log.units) {
      if (line.what === 'file') files.set(line.file, line.mark)
      else if (line.what === 'gone') files.delete(line.file)
    }
    return files
  }

  close(): void {
    this.#log.close()
  }
}
