import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import type { SourceImage } from './image-source.ts'

export interface MadeImageSet {
  /** What the engine calls it. */
  readonly set: string
  /** Class of each image in the set, as its source has it. */
  readonly labels: readonly SourceImage['label'][]
  /** What was left out, one sentence. */
  readonly warnings: readonly string[]
}

/** Bytes and images that cross to the engine together. */
const mostBytes = 8 * 1024 * 1024
const mostTogether = 64

/** Sends images to the engine, which decodes and fits them. Those that cannot be decoded are left out and told. */
export async function makeImageSet(
  models: Models,
  facts: ModelFacts,
  data: DataInUse,
  task: Task,
): Promise<MadeImageSet> {
  const { handle } = facts
  const { client } = models.engine
  if (data.images === undefined) throw new SnipError('internal', 'These data are no images')
  const { set } = await client.imageSet({ handle }, { signal: task.signal })
  const labels: SourceImage['label'][] = []
  const refused: string[] = []
  let waiting: SourceImage[] = []
  let done = 0
  const send = async () => {
    const images = waiting.map(({ bytes }) => ({ bytes: Buffer.from(bytes).toString('base64') }))
    const answer = await client.addImages({ handle, set, images }, { signal: task.signal })
    const reasons = new Map(answer.refused.map(({ index, reason }) => [index, reason]))
    for (const [index, { name, label }] of waiting.entries()) {
      const reason = reasons.get(index)
      if (reason === undefined) labels.push(label)
      else refused.push(`${name}: ${reason}`)
    }
    done += waiting.length
    waiting = []
    task.report({ stage: 'Reading images', done, total: data.images!.count, unit: 'images' })
  }
  try {
    let bytes = 0
    for await (const image of data.images.read()) {
      waiting.push(image)
      bytes += image.bytes.length
      if (bytes < mostBytes && waiting.length < mostTogether) continue
      await send()
      bytes = 0
    }
    if (waiting.length > 0) await send()
    if (labels.length === 0) {
      throw new SnipError('bad-data', `None of the ${refused.length} images can be read; ${refused[0] ?? ''}`, {
        remedy: 'Give PNG or JPEG files.',
      })
    }
  } catch (error) {
    await forgetQuietly(client.closeImageSet({ handle, set }))
    throw error
  }
  const [first] = refused
  const count = refused.length === 1 ? '1 image was' : `${refused.length} images were`
  const warnings = first === undefined ? [] : [`${count} left out, the first is ${first}`]
  warnings.forEach((sentence) => task.warn(sentence))
  return { set, labels, warnings }
}
