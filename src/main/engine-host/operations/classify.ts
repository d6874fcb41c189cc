import type { Plan } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import type { ImageSet } from '../images/image-set.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, purposes } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { objectiveFacts } from './objective-facts.ts'
import { requireFinite } from './not-finite.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

/** Patches of a batch, as many as tokens of a batch of text. */
const patchesPerBatch = 1024

/** Logits of every image of a set under a plan: f32 [images, classes]. Yields progress in images. */
export async function* classifyImages(
  model: OpenModel,
  images: ImageSet,
  plan: Plan | null,
  signal: AbortSignal | undefined,
) {
  requireObjective(objectiveFacts(model), 'image', 'The class of an image')
  if (images.count === 0) {
    throw new SnipError('bad-data', 'There is no image in this data', { remedy: 'Give PNG or JPEG images.' })
  }
  const classes = model.shape.vocabularySize
  const perBatch = Math.max(1, Math.floor(patchesPerBatch / model.shape.contextLength))
  const session = await leaseUnderPlan(model, purposes.logits, plan)
  try {
    const logits = new Float32Array(images.count * classes)
    const throttle = new ProgressThrottle()
    for (let start = 0; start < images.count; start += perBatch) {
      await betweenBatches(signal)
      const end = Math.min(images.count, start + perBatch)
      const batch = floatOutput(await session.run(images.feeds(start, end)), 'logits')
      requireFinite(model, batch, 'The logits')
      logits.set(batch, start * classes)
      if (throttle.due(end, images.count)) yield progress(end, images.count, 'images')
    }
    return logits
  } finally {
    await session.release()
  }
}
