import { z } from 'zod'
import type { Result } from '../../contract/result.ts'
import { wilsonInterval } from '../stats/wilson.ts'
import { measured, resultOf, unmeasured, type Metric, type MetricContext } from './metric.ts'
import { summariseLosses, type WindowLosses } from './window-losses.ts'

const params = z.strictObject({})

type ImageEstimator = 'top1' | 'lossNats'

/** Classes of images: how often the labelled class has the largest logit. */
export const imageTop1Metric: Metric<typeof params> = {
  id: 'image-top1',
  name: 'Image classification',
  citation: 'Top-1 accuracy as in Russakovsky et al. 2015, ImageNet Large Scale Visual Recognition Challenge',
  params,
  presets: {},
  unit: 'image',
  needs: 'images',
  objective: 'image',
  estimators: [
    { id: 'top1', name: 'Top-1 accuracy', better: 'higher' },
    { id: 'lossNats', name: 'Loss per image (nats)', better: 'lower' },
  ],
}

/** What the logits say of an image's own class: its loss, and how many classes have a larger logit. */
export function lossOfClass(logits: ArrayLike<number>, label: number): WindowLosses {
  const own = logits[label]!
  let largest = -Infinity
  for (let at = 0; at < logits.length; at++) largest = Math.max(largest, logits[at]!)
  let sum = 0
  let above = 0
  for (let at = 0; at < logits.length; at++) {
    sum += Math.exp(logits[at]! - largest)
    if (logits[at]! > own) above++
  }
  return { losses: [largest + Math.log(sum) - own], ranks: [above] }
}

/** Results over images: accuracy with a Wilson interval, the mean loss with a percentile bootstrap, seeded by `context.seed` (0 if null). */
export function summariseImageTop1(
  images: readonly WindowLosses[],
  context: MetricContext,
): Record<ImageEstimator, Result> {
  const seed = context.seed ?? 0
  const shared = { ...context, seed, metric: imageTop1Metric.id, unit: imageTop1Metric.unit, params: {} }
  const { lossNats } = summariseLosses(images, ['lossNats'], shared)
  const head = { ...shared, estimator: 'top1' }
  if (!lossNats.ok) return { top1: unmeasured(head, lossNats.failure), lossNats }
  const hits = images.map(({ ranks }) => (ranks[0] === 0 ? 1 : 0))
  const successes = hits.reduce<number>((sum, hit) => sum + hit, 0)
  const top1 = resultOf(head, () =>
    measured(head, successes / hits.length, wilsonInterval(successes, hits.length), hits),
  )
  return { top1, lossNats }
}
