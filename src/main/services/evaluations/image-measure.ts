import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import { lossOfClass, summariseImageTop1 } from '../../../core/metrics/image-top1.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import type { SourceImage } from '../images/image-source.ts'
import { makeImageSet } from '../images/make-image-set.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import type { PreparedMetric } from './measurement.ts'

/** Hands labelled images to the engine. Throws `bad-data` for a label that is no class of the model. */
export async function prepareImages(
  models: Models,
  facts: ModelFacts,
  data: DataInUse,
  task: Task,
): Promise<PreparedMetric> {
  const { handle } = facts
  const { client } = models.engine
  const { set, labels, warnings } = await makeImageSet(models, facts, data, task)
  const close = () => forgetQuietly(client.closeImageSet({ handle, set }))
  try {
    const classes = classFinder(facts.image?.labels ?? [])
    const indices = labels.map(classes)
    return {
      async measure(plan, context, runTask) {
        const events = await client.classify({ handle, set, plan }, { signal: runTask.signal })
        for await (const event of events) {
          if (event.kind === 'progress') {
            runTask.report({ stage: 'Measuring image-top1', ...event })
            continue
          }
          const logits = decodeFloat32(event.logits)
          const width = logits.length / indices.length
          const images = indices.map((label, at) => lossOfClass(logits.subarray(at * width, (at + 1) * width), label))
          return summariseImageTop1(images, { ...context, warnings: [...context.warnings, ...warnings] })
        }
        throw new SnipError('internal', 'The engine ended without logits')
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Class of a label by number or name: as it is written, else whatever its capitals, when only one is meant. */
function classFinder(names: readonly string[]): (label: SourceImage['label']) => number {
  const exact = new Map(names.map((name, index) => [name, index]))
  const loose = new Map<string, number[]>()
  for (const [index, name] of names.entries()) {
    const key = name.toLowerCase()
    loose.set(key, [...(loose.get(key) ?? []), index])
  }
  return (label) => {
    const remedy = `Its classes are: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}.`
    if (label === null) {
      throw new SnipError('bad-data', 'There is an image without a class', {
        remedy: 'Put the images into folders named as their classes, or name the column with --label-column.',
      })
    }
    const alike = typeof label === 'string' ? (loose.get(label.toLowerCase()) ?? []) : []
    const found = typeof label === 'number' ? label : (exact.get(label) ?? (alike.length === 1 ? alike[0] : undefined))
    if (found !== undefined && Number.isInteger(found) && found >= 0 && found < names.length) return found
    throw new SnipError('bad-data', `${JSON.stringify(label)} is no class of this model`, { remedy })
  }
}
