import { SnipError } from '../../../contract/failure.ts'
import type { Site } from '../../../contract/neuron.ts'
import { countNeurons, restrictSpace } from '../../../core/ranking/neuron-space.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, purposes } from '../sessions/model-sessions.ts'
import { tokenFeeds } from '../sessions/token-feeds.ts'
import { checkIds } from './logits.ts'
import { betweenBatches } from './steps.ts'

/** Of every neuron of some sites, in the order of their space. */
export interface PeakActivations {
  /** Largest activation over all tokens; -Infinity without any. */
  readonly maxima: Float32Array
  /** The token where it is, counted through all windows; the first of several. */
  readonly tokens: Uint32Array
}

/** The largest activation of every neuron of some sites over token windows. Throws `unsupported-model` for images. */
export async function peakActivations(
  model: OpenModel,
  windows: readonly (readonly number[])[],
  sites: readonly Site[],
  signal: AbortSignal | undefined,
): Promise<PeakActivations> {
  if (model.layout?.image) {
    throw new SnipError('unsupported-model', 'Neurons are searched by text, and this model reads images', {
      remedy: 'Look for them by their concepts.',
    })
  }
  const space = restrictSpace(model.space, sites)
  const maxima = new Float32Array(countNeurons(space)).fill(Number.NEGATIVE_INFINITY)
  const tokens = new Uint32Array(maxima.length)
  const session = await model.sessions.lease(purposes.activations)
  try {
    let before = 0
    for (const ids of windows) {
      checkIds(model, ids, 'A window')
      await betweenBatches(signal)
      const results = await session.run(tokenFeeds(model, ids, [1, ids.length]))
      let first = 0
      for (const site of space.sites) {
        for (const [layer, width] of space.layerWidths[site].entries()) {
          if (width === 0) continue
          const values = floatOutput(results, `${site}.${layer}.activations`)
          takePeaks(values, width, before, maxima.subarray(first, first + width), tokens.subarray(first))
          first += width
        }
      }
      before += ids.length
    }
    return { maxima, tokens }
  } finally {
    await session.release()
  }
}

/** Row-major values [tokens, width] raise the maxima of their columns. */
function takePeaks(values: Float32Array, width: number, before: number, maxima: Float32Array, tokens: Uint32Array) {
  for (let start = 0, token = before; start < values.length; start += width, token++) {
    for (let index = 0; index < width; index++) {
      if (!(values[start + index]! > maxima[index]!)) continue
      maxima[index] = values[start + index]!
      tokens[index] = token
    }
  }
}
