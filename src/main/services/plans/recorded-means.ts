import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { formatNeuron } from '../../../contract/neuron.ts'
import { withMeans } from '../../../core/pruning/plan-means.ts'
import { findNeuron } from '../../../core/ranking/neuron-space.ts'
import { withRecording } from '../../files/open-recording.ts'

/** The means of a recording's neurons, which removed neurons are fixed at. */
export interface RecordedMeans {
  /** What results depend on: whose means these are, and over which data. */
  readonly identity: { readonly modelHash: string; readonly dataHash: string; readonly tokens: number }
  /** The plan with its neurons fixed at their means. Throws `bad-data` for another model's plan or a neuron that was not recorded. */
  fix(plan: Plan): Plan
}

/** Reads the means of a finished recording. Throws `not-found` or `bad-file`. */
export function readMeans(directory: string): RecordedMeans {
  const { identity, space, mean } = withRecording(directory, (reader) => {
    const { model, dataHash, tokens } = reader.manifest
    const facts = { modelHash: model.modelHash, dataHash, tokens }
    return { identity: facts, space: reader.space, mean: reader.statistics().mean }
  })
  return {
    identity,
    fix(plan) {
      if (plan.modelHash !== undefined && plan.modelHash !== identity.modelHash) {
        throw new SnipError('bad-data', `The recording ${directory} was made of another model than the plan`, {
          remedy: 'Record the model that the plan is for.',
        })
      }
      return withMeans(plan, (neuron) => {
        const flat = findNeuron(space, neuron)
        if (flat !== null) return mean[flat]!
        throw new SnipError('bad-data', `The recording ${directory} does not have neuron ${formatNeuron(neuron)}`, {
          remedy: 'Record all sites that the plan names, with --sites mlp,attention.',
        })
      })
    },
  }
}
