import { oc } from '@orpc/contract'
import { z } from 'zod'
import { failureSchema } from '../failure.ts'

/** Every procedure of the workbench fails with one typed error, `FAILURE`, whose data is a `Failure`. */
export const call = oc.errors({ FAILURE: { data: failureSchema } })

/** Id of something that the workspace keeps: short, made by the main side. */
export const idSchema = z.string().min(1).max(64)

/**
 * Numbers in bulk: a little-endian typed array as a Blob. Blobs pass all three transports inside plain outputs,
 * but not inside event streams.
 */
export const bulkSchema = z.instanceof(Blob)

/** A text as one line: without control characters, breaks, and marks that turn the direction of what stands beside it. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
}

/** Name that a person gives: one line, shown as it is. */
export const nameSchema = z.string().overwrite(oneLine).trim().min(1).max(200)

/** Name of who reviews: one line, kept beside verdicts. */
export const reviewerSchema = z.string().overwrite(oneLine).trim().min(1).max(100)

/** Name of everybody who reviews and gave none. */
export const namelessReviewer = 'person'

/** A moment in milliseconds since 1970, up to the last one that a date can hold. */
export const momentSchema = z.number().int().min(0).max(8.64e15)

/** A moment as text (ISO 8601); null where the number is none. */
export function momentText(at: number | null | undefined): string | null {
  return momentSchema.safeParse(at).success ? new Date(at!).toISOString() : null
}

/** A long piece of work was started; its progress comes with the events. */
export const startedSchema = z.object({ job: idSchema })

export const nothing = z.null()
