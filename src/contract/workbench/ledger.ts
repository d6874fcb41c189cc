import { z } from 'zod'
import { call } from './call.ts'

/** One request that left this machine: no text of it, and no key. */
export const ledgerEntrySchema = z.object({
  id: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  host: z.string(),
  /** What it was sent for: 'explaining neurons', 'connection test'. */
  purpose: z.string(),
  provider: z.string(),
  model: z.string(),
  endpoint: z.string(),
  promptTokens: z.number().nullable(),
  completionTokens: z.number().nullable(),
  /** US dollars; null where no price is known. */
  cost: z.number().nullable(),
  /** `answered`, the kind of failure, or `no end` where the program ended before an answer came. */
  outcome: z.string(),
  milliseconds: z.number().nullable(),
})
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>

export const ledgerTotalSchema = z.object({
  host: z.string(),
  provider: z.string(),
  model: z.string(),
  purpose: z.string(),
  requests: z.number(),
  answered: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  cost: z.number(),
  /** Requests whose price is not known, which `cost` leaves out. */
  unpriced: z.number(),
})
export type LedgerTotal = z.infer<typeof ledgerTotalSchema>

export const ledgerPageSchema = z.object({
  /** Newest first. */
  entries: z.array(ledgerEntrySchema),
  /** All entries there are. */
  count: z.number(),
  totals: z.array(ledgerTotalSchema),
  /** Lines that could not be read. */
  damaged: z.number(),
})
export type LedgerPage = z.infer<typeof ledgerPageSchema>

export const ledgerContract = {
  /** The newest requests and the sums of all. */
  list: call.input(z.object({ limit: z.number().int().min(0).max(1000) })).output(ledgerPageSchema),
  /** Writes everything as a new file below the data folder. The path is for showing. */
  export: call
    .input(z.object({ format: z.enum(['jsonl', 'csv']) }))
    .output(z.object({ path: z.string(), entries: z.number() })),
}
