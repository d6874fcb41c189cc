import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelFacts } from '../../src/contract/engine-host.ts'
import type { Site } from '../../src/contract/neuron.ts'
import {
  recordingFiles,
  recordingManifestSchema,
  sampleWindowCount,
} from '../../src/core/recording/recording-format.ts'

/** The arrays of a recording, read whole. */
export function readArrays(directory: string) {
  const bytes = (name: string): ArrayBuffer => Uint8Array.from(readFileSync(join(directory, name))).buffer
  return {
    statistics: new Float64Array(bytes(recordingFiles.statistics)),
    topWindows: new Uint32Array(bytes(recordingFiles.topWindows)),
    topMaxima: new Float32Array(bytes(recordingFiles.topMaxima)),
    topActivations: new Uint16Array(bytes(recordingFiles.topActivations)),
    sampleWindows: new Uint32Array(bytes(recordingFiles.sampleWindows)),
    sampleMaxima: new Uint16Array(bytes(recordingFiles.sampleMaxima)),
    histogram: new Uint32Array(bytes(recordingFiles.histogram)),
    tokens: new Int32Array(bytes(recordingFiles.tokens)),
    lengths: new Int32Array(bytes(recordingFiles.lengths)),
    tokenStarts: new Int32Array(bytes(recordingFiles.tokenStarts)),
  }
}

/** The content of every file of a finished recording, by name; checkpoints belong to the way there. */
export function recordingBytes(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => name !== recordingFiles.checkpoint)
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name)).toString('base64')]))
}

/** Writes the manifest that makes a folder of arrays a recording. */
export function writeManifest(
  directory: string,
  facts: ModelFacts,
  done: { windows: number; tokens: number; neurons: number },
  corpus: { window: number; rowData: boolean; sites: readonly Site[]; seed: number },
): void {
  const manifest = recordingManifestSchema.parse({
    version: 1,
    model: {
      path: facts.path,
      modelHash: '0'.repeat(64),
      family: facts.family,
      vocabularySize: facts.vocabularySize,
      contextLength: facts.contextLength,
    },
    dataHash: '0'.repeat(64),
    window: corpus.window,
    windows: done.windows,
    tokens: done.tokens,
    rowData: corpus.rowData,
    sites: corpus.sites,
    layerWidths: facts.neurons,
    neurons: done.neurons,
    sampled: Math.min(done.windows, sampleWindowCount),
    seed: corpus.seed,
  })
  writeFileSync(join(directory, recordingFiles.manifest), JSON.stringify(manifest))
}
