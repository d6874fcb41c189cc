import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeBulk } from '../../src/main/engine-host/client/bulk.ts'
import { recordingFiles, recordingManifestSchema } from '../../src/core/recording/recording-format.ts'
import type { Models } from '../../src/main/services/models/models.ts'

/** Models without an engine: the windows of a neuron are made up, the same every time. An engine takes seconds to start. */
export function modelsWithMadeUpEvidence(): Models {
  async function* evidence({ neurons }: { readonly neurons: readonly string[] }) {
    for (const [at, neuron] of neurons.entries()) {
      const number = Number(neuron.split(':')[2])
      const tokens = [' the', ` word${number}`, ' and', ` other${neuron.slice(0, 5)}`]
      const window = { window: at, tokens }
      const activations = encodeBulk(Float32Array.from([0, 1 + (number % 9), 0, 0.5]))
      yield { kind: 'neurons', windows: [window], neurons: [{ neuron, top: [at], random: [], activations }] }
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
