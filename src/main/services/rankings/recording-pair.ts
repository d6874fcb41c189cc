import { SnipError } from '../../../contract/failure.ts'
import { concatStatistics, type NeuronStatistics } from '../../../core/ranking/importance.ts'
import { createNeuronSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { withRecording } from '../../files/open-recording.ts'

export interface RecordingPair {
  /** The sites that both recordings cover. */
  readonly space: NeuronSpace
  readonly forget: NeuronStatistics
  readonly retain: NeuronStatistics
}

/**
 * Statistics of two recordings of one model over the sites that both cover, in the flat order of `space`.
 * Throws `bad-data` when a recording is of another model, or when they share no site.
 */
export function readRecordingPair(forget: string, retain: string, modelHash: string): RecordingPair {
  return withRecording(forget, (forgetReader) =>
    withRecording(retain, (retainReader) => {
      refuseOtherModel(forget, forgetReader, modelHash)
      refuseOtherModel(retain, retainReader, modelHash)
      const sites = forgetReader.space.sites.filter((site) => retainReader.space.sites.includes(site))
      if (sites.length === 0) {
        throw new SnipError('bad-data', `The recordings ${forget} and ${retain} share no site`, {
          remedy: 'Record both with the same --sites.',
        })
      }
      const space = createNeuronSpace(
        Object.fromEntries(sites.map((site) => [site, forgetReader.space.layerWidths[site]])),
      )
      return { space, forget: statisticsOf(forgetReader, space), retain: statisticsOf(retainReader, space) }
    }),
  )
}

function refuseOtherModel(directory: string, { manifest }: RecordingReader, modelHash: string): void {
  if (manifest.model.modelHash === modelHash) return
  throw new SnipError('bad-data', `The recording ${directory} was made of another model`, {
    remedy: 'Record the forget and the retain data on this model.',
  })
}

function statisticsOf(reader: RecordingReader, space: NeuronSpace): NeuronStatistics {
  const all = reader.statistics()
  const parts: NeuronStatistics[] = []
  let from = 0
  for (const site of reader.space.sites) {
    const neurons = reader.space.layerWidths[site].reduce((sum, width) => sum + width, 0)
    if (space.sites.includes(site)) parts.push(sliceOf(all, from, from + neurons))
    from += neurons
  }
  return concatStatistics(parts)
}

function sliceOf(all: NeuronStatistics, from: number, to: number): NeuronStatistics {
  return {
    tokens: all.tokens,
    freq: all.freq.subarray(from, to),
    meanAbs: all.meanAbs.subarray(from, to),
    rms: all.rms.subarray(from, to),
    mean: all.mean.subarray(from, to),
    stdPopulation: all.stdPopulation.subarray(from, to),
    max: all.max.subarray(from, to),
  }
}
