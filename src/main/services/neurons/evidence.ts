import { countNeurons, flatIndexOf, neuronIdsOf, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import type { NeuronTable } from '../../../contract/workbench/neurons.ts'
import { withRecording } from '../../files/open-recording.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import { folderOfRecording, recordingOf } from '../recordings/recorded-model.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

const columnNames = ['freq', 'meanAbs', 'rms', 'stdPopulation', 'mean', 'max'] as const

/** What the recording in use says of all neurons. It never changes. */
export interface Evidence {
  readonly id: string
  readonly recording: Documents['recording']
  readonly folder: string
  readonly space: NeuronSpace
  readonly rows: number
  readonly layout: NeuronTable['layout']
  readonly columns: Readonly<Record<(typeof columnNames)[number], Blob>>
  rowOf(neuron: string): number | null
  neuronAt(row: number): string
}

/** The key of the evidence in use; null before anything was recorded. */
export function evidenceKey(workspace: OpenWorkspace): string | null {
  const id = evidenceInUse(workspace)
  return id === null ? null : JSON.stringify([workspace.folder, id, recordingOf(workspace, id).folder])
}

/** Reads the statistics of the recording in use. */
export function readEvidence(workspace: OpenWorkspace, id: string): Evidence {
  const recording = recordingOf(workspace, id)
  const folder = folderOfRecording(workspace, recording)
  const { space, statistics } = withRecording(folder, (reader) => ({
    space: reader.space,
    statistics: reader.statistics(),
  }))
  const blobOf = (name: (typeof columnNames)[number]) => new Blob([new Float32Array(statistics[name])])
  const layout: NeuronTable['layout'] = []
  let first = 0
  for (const site of space.sites) {
    for (const [layer, width] of space.layerWidths[site].entries()) {
      if (width > 0) layout.push({ site, layer, first, width })
      first += width
    }
  }
  return {
    id,
    recording,
    folder,
    space,
    rows: countNeurons(space),
    layout,
    columns: {
      freq: blobOf('freq'),
      meanAbs: blobOf('meanAbs'),
      rms: blobOf('rms'),
      stdPopulation: blobOf('stdPopulation'),
      mean: blobOf('mean'),
      max: blobOf('max'),
    },
    rowOf: flatIndexOf(space),
    neuronAt: neuronIdsOf(space),
  }
}
