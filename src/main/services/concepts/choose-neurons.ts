import { SnipError } from '../../../contract/failure.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { allNeurons, peakiestNeurons, readNeuronList } from '../recordings/neuron-list.ts'
import type { NeuronChoice } from './explain.ts'
import type { FailedAnswers } from './failed-answers.ts'

/** The neurons of a choice, and how many were left out of it. */
export interface ChosenNeurons {
  readonly neurons: readonly NeuronId[]
  /** Neurons whose answer was no concept, among those that the choice would take. */
  readonly leftOut: number
}

/**
 * The neurons of a choice, without those that are `known` and those in `failed`: a number takes that many of the others, so that asking
 * again goes on where the last request ended. Throws `bad-argument` when none is left.
 */
export function chooseNeurons(
  reader: RecordingReader,
  choice: NeuronChoice,
  known: ReadonlySet<NeuronId> = new Set(),
  failed: FailedAnswers = new Map(),
): ChosenNeurons {
  const unnamed = candidates(reader, choice, known.size + failed.size).filter((neuron) => !known.has(neuron))
  const chosen = withoutFailed(unnamed, failed, choice !== 'all' && 'top' in choice ? (choice.top ?? null) : null)
  if (chosen.neurons.length > 0) return chosen
  const { leftOut } = chosen
  if (leftOut > 0) {
    throw new SnipError(
      'bad-argument',
      `Every one of these neurons has a concept already, but for ${leftOut} whose answer was no concept`,
      { remedy: 'Choose others, or give --ask-anew to ask about these once more.' },
    )
  }
  throw new SnipError('bad-argument', 'Every one of these neurons has a concept already', {
    remedy: 'Choose others, or more of them.',
  })
}

/** The first `most` neurons of an order without those in `failed`; null for all. */
export function withoutFailed(order: readonly NeuronId[], failed: FailedAnswers, most: number | null): ChosenNeurons {
  const end = most ?? order.length
  if (failed.size === 0) return { neurons: order.slice(0, end), leftOut: 0 }
  const leftOut = order.slice(0, end).filter((neuron) => failed.has(neuron)).length
  return { neurons: order.filter((neuron) => !failed.has(neuron)).slice(0, end), leftOut }
}

/** For instance '12 neurons whose answer was no concept are left out'. */
export function leftOutWords(count: number): string {
  return `${count} ${count === 1 ? 'neuron' : 'neurons'} whose answer was no concept ${count === 1 ? 'is' : 'are'} left out`
}

/** At least as many as a choice takes when `passedOver` of them do not count, in its order. */
function candidates(reader: RecordingReader, choice: NeuronChoice, passedOver: number): readonly NeuronId[] {
  if (choice === 'all') return allNeurons(reader.space)
  if ('neurons' in choice) return choice.neurons
  if ('file' in choice) return readNeuronList(choice.file, reader.space)
  const { top } = choice
  return peakiestNeurons(reader, passedOver === 0 ? top : Math.min(reader.manifest.neurons, top + passedOver))
}
