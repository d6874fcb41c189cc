import type { Neuron } from '../../../contract/neuron.ts'
import { formatNeuron } from '../../../contract/neuron.ts'
import { SnipError } from '../../../contract/failure.ts'
import { describeRange, findNeuron } from '../../../core/ranking/neuron-space.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, purposes } from '../sessions/model-sessions.ts'
import { tokenFeeds } from '../sessions/token-feeds.ts'
import { checkIds } from './logits.ts'
import { betweenBatches } from './steps.ts'

/** Activations of chosen neurons on chosen token windows: [neuron][window] of f32 [tokens]. */
export async function windowActivations(
  model: OpenModel,
  windows: readonly (readonly number[])[],
  neurons: readonly Neuron[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[][]> {
  if (model.layout?.image) {
    throw new SnipError('unsupported-model', 'Activations are shown on text, and this model reads images', {
      remedy: 'Read them from a recording.',
    })
  }
  for (const neuron of neurons) {
    if (findNeuron(model.space, neuron) === null) {
      throw new SnipError(
        'bad-argument',
        `There is no neuron ${formatNeuron(neuron)}: ${describeRange(model.space, neuron)}`,
        {
          remedy: 'Choose a neuron of this model.',
        },
      )
    }
  }
  const session = await model.sessions.lease(purposes.activations)
  try {
    const chosen: Float32Array[][] = neurons.map(() => [])
    for (const ids of windows) {
      checkIds(model, ids, 'A window')
      await betweenBatches(signal)
      const results = await session.run(tokenFeeds(model, ids, [1, ids.length]))
      for (const [n, { site, layer, index }] of neurons.entries()) {
        const width = model.space.layerWidths[site][layer]!
        const all = floatOutput(results, `${site}.${layer}.activations`)
        const values = new Float32Array(ids.length)
        for (let token = 0; token < ids.length; token++) values[token] = all[token * width + index]!
        chosen[n]!.push(values)
      }
    }
    return chosen
  } finally {
    await session.release()
  }
}
