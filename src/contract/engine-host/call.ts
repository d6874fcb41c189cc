import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { planSchema } from '../files.ts'
import { failureSchema } from '../failure.ts'
import { progressSchema } from '../engine-values.ts'

/** Names an open model. */
export const handle = z.string()
export const plan = planSchema.nullable()
/** Numbers in bulk: base64 of a little-endian typed array. Blobs do not cross inside event streams. */
export const bytes = z.base64()

/** Progress events, then what `last` describes. */
export function progressThen<Shape extends z.core.$ZodShape & { readonly kind: z.ZodLiteral<string> }>(
  last: z.ZodObject<Shape>,
) {
  return eventIterator(z.discriminatedUnion('kind', [progressSchema, last]))
}

export const call = oc.errors({ FAILURE: { data: failureSchema } })
