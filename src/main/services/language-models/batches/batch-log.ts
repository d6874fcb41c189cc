import { join } from 'node:path'
import { z } from 'zod'
import { UnitLog } from '../../jobs/unit-log.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const lineSchema = z.discriminatedUnion('what', [
  /** Written before a batch is handed in: a batch with this mark may be there from now on. */
  z.object({ what: z.literal('intent'), mark: z.string(), hashes: z.array(hash) }),
  z.object({ what: z.literal('created'), mark: z.string(), batch: z.string() }),
  /** Its answers are in the journal, or there will be none. */
  z.object({ what: z.literal('over'), mark: z.string() }),
])
type Line = z.infer<typeof lineSchema>

/** A batch that was handed in, or may have been (`batch` null), and is not over. */
export interface OpenBatch {
  readonly mark: string
  readonly batch: string | null
  readonly hashes: readonly string[]
}

/** Which batches a job has handed in, in batches.jsonl of its folder. */
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
      if (line.what === 'intent') batches.set(line.mark, { mark: line.mark, batch: null, hashes: line.hashes })
      else if (line.what === 'over') batches.delete(line.mark)
      else {
        const batch = batches.get(line.mark)
        if (batch) batches.set(line.mark, { ...batch, batch: line.batch })
      }
    }
    return [...batches.values()]
  }

  close(): void {
    this.#log.close()
  }
}
