import { SnipError } from '../../../contract/failure.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { RecordedNeuron } from '../../../core/recording/recording-reader.ts'
import { withRecording } from '../../files/open-recording.ts'

export type ShownNeuron = RecordedNeuron

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
