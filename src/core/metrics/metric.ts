import type { z } from 'zod'
import type { Objective } from '../../contract/engine-host.ts'
import { type Failure, SnipError, toSnipError } from '../../contract/failure.ts'
import type { Interval, Measured, Provenance, Result, Unmeasured } from '../../contract/result.ts'
import type { Parameterised } from '../ranking/resolve-params.ts'

/** One number that a metric gives. */
export interface Estimator {
  /** Its key among the results: the estimator and its unit, for instance `lossNats`. */
  readonly id: string
  readonly name: string
  /** Which way a better model moves. */
  readonly better: 'lower' | 'higher'
}

/** What the registry says of a metric; its pure `summarise` turns what the engine measured into results. */
export interface Metric<S extends z.ZodObject = z.ZodObject> extends Parameterised<S> {
  readonly name: string
  readonly citation: string
  /** The unit of resampling and of `byIndex`. */
  readonly unit: 'window' | 'question' | 'text' | 'image'
  /** What the engine has to measure. */
  readonly needs: 'windows' | 'cloze-questions' | 'masked-windows' | 'images'
  /** What a model has to be trained for. */
  readonly objective: Objective
  readonly estimators: readonly Estimator[]
}

/** What all results of one evaluation share, beside the parameters. */
export type MetricContext = Omit<Provenance, 'params'>

/** The fields of a result that say what was measured, on what and how. */
export type ResultHead = Provenance & Pick<Measured, 'metric' | 'estimator' | 'unit'>

/** A measured result. Throws `not-finite` when the value is not a finite number. */
export function measured(head: ResultHead, value: number, ci: Interval, byIndex: readonly number[]): Measured {
  if (!Number.isFinite(value)) throw new SnipError('not-finite', `${head.estimator} is not a finite number`)
  return { ok: true, ...head, value, n: byIndex.length, ci, byIndex: [...byIndex] }
}

/** A result that could not be taken, with the reason as data. */
export function unmeasured(head: ResultHead, failure: Failure): Unmeasured {
  return { ok: false, ...head, failure }
}

/** What `take` gives, or, where the numbers are not finite, the failure as a result. Other errors are thrown on. */
export function resultOf(head: ResultHead, take: () => Measured): Result {
  try {
    return take()
  } catch (error) {
    const failure = toSnipError(error)
    if (failure.kind !== 'not-finite') throw error
    return unmeasured(head, failure.toFailure())
  }
}
