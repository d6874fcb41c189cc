import { SnipError } from '../../../contract/failure.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { allNeurons, peakiestNeurons, readNeuronList } from '../recordings/neuron-list.ts'
import type { NeuronChoice } from './explain.ts'

/**
 * The neurons of a choice, without those that are `known`: a number takes that many of the others, so that asking again goes on where
 * the last request ended. Throws `bad-argument` when none is left.
 */
export function chooseNeurons(
  reader: RecordingReader,
  choice: NeuronChoice,
  known: ReadonlySet<NeuronId> = new Set(),
): NeuronId[] {
  const unknown = (neurons: readonly NeuronId[]) =>
    known.size === 0 ? neurons : neurons.filter((neuron) => !known.has(neuron))
  let chosen: readonly NeuronId[]
  if (choice === 'all') chosen = unknown(allNeurons(reader.space))
  else if ('neurons' in choice) chosen = unknown(choice.neurons)
  else if ('file' in choice) {
    chosen = unknown(readNeuronList(choice.file, reader.space)).slice(0, choice.top ?? undefined)
  } else {
    const { neurons } = reader.manifest
    chosen = unknown(
      peakiestNeurons(reader, known.size === 0 ? choice.top : Math.min(neurons, choice.top + known.size)),
    ).slice(0, choice.top)
  }
  if (chosen.length > 0) return [...chosen]
  throw new SnipError('bad-argument', 'Every one of these neurons has a concept already', {
    remedy: 'Choose others, or more of them.',
  })
}
