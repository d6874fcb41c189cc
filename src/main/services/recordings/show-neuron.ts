import { SnipError, invariant } from '../../../contract/failure.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { NeuronBand, RecordedNeuron } from '../../../core/recording/recording-reader.ts'
import { withRecording } from '../../files/open-recording.ts'
import { modelOfRecording } from '../concepts/explain.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'

type BandWindow = NeuronBand['windows'][number] & { readonly activations?: readonly number[] }

/** A recorded neuron; its banded windows have activations when they were computed again. */
export interface ShownNeuron extends Omit<RecordedNeuron, 'bands'> {
  readonly bands: readonly (Omit<NeuronBand, 'windows'> & { readonly windows: readonly BandWindow[] })[]
}

/** What a recording knows of one neuron, by its id. Throws `bad-argument` for an id that was not recorded. */
export function describeNeuron(directory: string, id: string): ShownNeuron {
  const neuron = parseNeuron(id)
  if (neuron === null) {
    throw new SnipError('bad-argument', `'${id}' names no neuron`, {
      remedy: 'A neuron is written site:layer:index, for instance mlp:3:117.',
    })
  }
  return withRecording(directory, (reader) => reader.neuron(neuron))
}

/**
 * The same with the activations of the banded windows. A recording keeps those of the top windows only, so the recorded
 * model computes the others again.
 */
export async function describeNeuronWithActivations(
  models: Models,
  request: { readonly directory: string; readonly id: string; readonly tokenizer: string | null },
  task: Task,
): Promise<ShownNeuron> {
  const shown = describeNeuron(request.directory, request.id)
  const manifest = withRecording(request.directory, (reader) => reader.manifest)
  const model = await modelOfRecording(models, manifest, request.tokenizer, task)
  const { handle, objective } = await models.open(model, task.signal)
  // Images are not kept with their recording.
  if (objective === 'image') return shown
  const windows = shown.bands.flatMap((band) => band.windows.map(({ ids }) => [...ids]))
  if (windows.length === 0) return shown
  const { activations } = await models.engine.client.activations(
    { handle, windows, neurons: [shown.neuron] },
    { signal: task.signal },
  )
  const own = activations[0]
  invariant(own?.length === windows.length, 'every window has activations')
  let next = 0
  const bands = shown.bands.map((band) => ({
    ...band,
    windows: band.windows.map((window) => ({ ...window, activations: own[next++] ?? [] })),
  }))
  return { ...shown, bands }
}
