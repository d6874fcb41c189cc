import { SnipError } from '../../contract/failure.ts'
import { clozeMetric } from './cloze.ts'
import { imageTop1Metric } from './image-top1.ts'
import { lmMetric } from './lm.ts'
import { maskedLmMetric } from './masked-lm.ts'
import type { Metric } from './metric.ts'

/** Every metric; a new one is a file beside this and a line here. */
export const metrics: readonly Metric[] = [lmMetric, clozeMetric, maskedLmMetric, imageTop1Metric]

/** The metric with an id. Throws `bad-argument` that lists the ids. */
export function metricOf(id: string): Metric {
  const metric = metrics.find((member) => member.id === id)
  if (metric) return metric
  throw new SnipError('bad-argument', `There is no metric '${id}'`, {
    remedy: `Use one of: ${metrics.map((member) => member.id).join(', ')}.`,
  })
}
