import { z } from 'zod'
import { failureSchema } from './failure.ts'

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)

/** A 95 % interval and how it was made. */
export const intervalSchema = z.object({
  low: z.number(),
  high: z.number(),
  level: z.literal(0.95),
  method: z.enum(['wilson', 'percentile-bootstrap']),
  /** Number of bootstrap resamples; 0 for closed forms. */
  resamples: z.number().int().nonnegative(),
})
export type Interval = z.infer<typeof intervalSchema>

const provenanceShape = {
  metric: z.string(),
  estimator: z.string(),
  unit: z.string(),
  params: z.record(z.string(), z.unknown()),
  preset: z.string().nullable(),
  modelHash: sha256Schema.nullable(),
  dataHash: sha256Schema.nullable(),
  planHash: sha256Schema.nullable(),
  seed: z.number().int().nullable(),
  warnings: z.array(z.string()),
}

/** A measured number with its interval, its values per unit (window, question or text) and all it was made from. */
export const measuredSchema = z.object({
  ok: z.literal(true),
  ...provenanceShape,
  value: z.number(),
  /** Number of units: windows, questions or texts. */
  n: z.number().int().positive(),
  ci: intervalSchema,
  byIndex: z.array(z.number()),
})
export type Measured = z.infer<typeof measuredSchema>

/** A measure that could not be taken. Never a number, never a sentence in the data. */
export const unmeasuredSchema = z.object({ ok: z.literal(false), ...provenanceShape, failure: failureSchema })
export type Unmeasured = z.infer<typeof unmeasuredSchema>

export const resultSchema = z.discriminatedUnion('ok', [measuredSchema, unmeasuredSchema])
export type Result = z.infer<typeof resultSchema>

/** What every result of one evaluation shares. */
export type Provenance = Pick<
  Measured,
  'params' | 'preset' | 'modelHash' | 'dataHash' | 'planHash' | 'seed' | 'warnings'
>

/** The output of one evaluation: a metric's results by estimator name. */
export const evaluationSchema = z.object({ metric: z.string(), results: z.record(z.string(), resultSchema) })
export type Evaluation = z.infer<typeof evaluationSchema>
