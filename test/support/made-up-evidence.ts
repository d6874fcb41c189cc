import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeBulk } from '../../src/main/engine-host/client/bulk.ts'
import { recordingFiles, recordingManifestSchema } from '../../src/core/recording/recording-format.ts'
import type { Models } from '../../src/main/services/models/models.ts'

/** Models without an engine: the windows of a neuron are made up, the same every time. An engine takes seconds to start. */
export function modelsWithMadeUpEvidence(): Models {
  async function* evidence({ neurons }: { readonly neurons: readonly string[] }) {
    for (const neuron of neurons) {
      const [layer = 0, number = 0] = neuron.split(':').slice(1).map(Number)
      const first = 3 * (layer * 100_000 + number)
      const word = ` word${number}`
      // One to explain from, one to calibrate on, one to score on.
      const texts = [
        [' the', word, ' and', ` other${neuron.slice(0, 5)}`],
        [' so', word, ' it', ' is'],
        [' yet', word, ' it', ' was'],
      ]
      const windows = texts.map((tokens, place) => ({ window: first + place, tokens }))
      const activations = encodeBulk(Float32Array.from(texts.flatMap(() => [0, 1 + (number % 9), 0, 0.5])))
      const top = windows.map(({ window }) => window)
      yield { kind: 'neurons', windows, neurons: [{ neuron, top, random: [], activations }] }
    }
  }
  const client = { evidence: async (request: { readonly neurons: readonly string[] }) => evidence(request) }
  return { open: async () => ({ handle: '' }), engine: { client } } as unknown as Models
}

/** A folder that says it is a recording of so many MLP neurons in each layer; its arrays are not there. */
export function writeRecordingOf(folder: string, mlp: readonly number[]): void {
  mkdirSync(folder, { recursive: true })
  const manifest = recordingManifestSchema.parse({
    version: 1,
    model: { path: folder, modelHash: '0'.repeat(64), family: 'gpt2', vocabularySize: 100, contextLength: 64 },
    dataHash: '0'.repeat(64),
    window: 4,
    windows: 1,
    tokens: 4,
    rowData: false,
    sites: ['mlp'],
    layerWidths: { mlp, attention: [] },
    neurons: mlp.reduce((sum, width) => sum + width, 0),
    sampled: 1,
    seed: 1,
  })
  writeFileSync(join(folder, recordingFiles.manifest), JSON.stringify(manifest))
}
