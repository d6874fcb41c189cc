import { mkdirSync, mkdtempSync, openSync, closeSync, ftruncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { recordingFiles, topWindowCount, type RecordingManifest } from '../../src/core/recording/recording-format.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import type { ModelCard } from '../../src/contract/workbench/model.ts'
import { createWorkbenchSession } from '../../src/main/services/session/create-session.ts'
import { repositoryFile } from './built.ts'

const layers = 36
const width = 9728
/** Neurons of the large workspace: the MLPs of a model of three billion parameters. */
export const largeNeurons = layers * width
const window = 64
const windows = 32
const vocabulary = 50_257
const modelHash = '0'.repeat(64)

/** The services as the command line has them, with a data folder of their own. */
export function openBenchSession(dataFolder: string) {
  return createWorkbenchSession({
    hostFile: repositoryFile('out/main/engine-host.js'),
    resources: repositoryFile('resources'),
    environment: {},
    dataFolder,
    door: { door: 'command-line', nativeDialogs: false, showsFolders: false, uploadPath: null, uploadLimit: null },
  })
}

/**
 * Makes a workspace of 350,208 neurons with made-up statistics, concepts and a ranking, as a recording of a large model would leave
 * it; arrays that only single neurons' pages read are empty files of the right size. Returns its folder.
 */
export async function makeLargeWorkspace(home: string): Promise<string> {
  const session = openBenchSession(join(home, 'data'))
  try {
    const parent = mkdtempSync(join(home, 'large-'))
    await session.workspaces.create(parent, 'Large')
    const workspace = session.workspace()
    writeRecording(workspace.file('recordings', 'large'))
    writeConcepts(workspace.file('concepts', 'large.jsonl'))
    writeRanking(workspace.file('rankings', 'large.jsonl'))
    const recorded = {
      modelHash,
      dataHash: modelHash,
      sites: ['mlp' as const],
      tokens: windows * window,
      windows,
      window,
    }
    const inputs = { forgetConcepts: null, concepts: null, recording: null, forget: null, retain: null }
    await workspace.store.put([
      { kind: 'model', key: 'model', after: { ...absentModel, modelHash, card } },
      {
        kind: 'recording',
        key: 'large',
        after: {
          ...recorded,
          dataset: null,
          data: 'made up',
          folder: 'recordings/large',
          neurons: largeNeurons,
          seed: 1,
          at: 0,
        },
      },
      { kind: 'evidence', key: 'evidence', after: { recording: 'large' } },
      {
        kind: 'explanation',
        key: 'large',
        after: {
          recording: 'large',
          explainer: 'lexical',
          file: 'concepts/large.jsonl',
          concepts: largeNeurons,
          at: 0,
        },
      },
      {
        kind: 'ranking',
        key: 'large',
        after: {
          name: 'Random',
          method: 'random',
          preset: null,
          params: {},
          seed: 1,
          neuronCount: largeNeurons,
          ranked: largeNeurons,
          warnings: [],
          file: 'rankings/large.jsonl',
          modelHash,
          at: 0,
          inputs,
        },
      },
      { kind: 'cut', key: 'cut', after: { ranking: 'large', k: Math.round(largeNeurons / 50) } },
    ])
    return workspace.folder
  } finally {
    await session.dispose()
  }
}

const card: ModelCard = {
  path: 'absent',
  source: 'checkpoint',
  family: 'gpt2',
  familyName: 'GPT-2',
  objective: 'causal',
  vocabularySize: vocabulary,
  contextLength: 1024,
  width: 2560,
  layers,
  headCounts: Array.from({ length: layers }, () => 20),
  keyValueHeadCounts: Array.from({ length: layers }, () => 20),
  headWidth: 128,
  neurons: { mlp: Array.from({ length: layers }, () => width), attention: Array.from({ length: layers }, () => 2560) },
  weightTypes: ['F16'],
  parameters: 3e9,
  weightBytes: 6e9,
  tiedHead: true,
  positions: 'learned',
  tokenizer: { vocabularySize: vocabulary, beginId: null, endId: null },
  provider: { used: 'cpu', refused: [] },
}
const absentModel = { place: { base: 'absolute' as const, path: '/absent' }, tokenizer: null, name: 'Large' }

function writeRecording(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const manifest: RecordingManifest = {
    version: 1,
    model: { path: '/absent', modelHash, family: 'gpt2', vocabularySize: vocabulary, contextLength: 1024 },
    dataHash: modelHash,
    window,
    windows,
    tokens: windows * window,
    rowData: false,
    sites: ['mlp'],
    layerWidths: { mlp: [...card.neurons.mlp], attention: [...card.neurons.attention] },
    neurons: largeNeurons,
    sampled: windows,
    seed: 1,
  }
  const random = createRandom(1)
  const statistics = new Float64Array(5 * largeNeurons)
  for (let at = 0; at < largeNeurons; at++) {
    const share = random.uniform()
    const count = Math.round(share * manifest.tokens)
    statistics.set([count], at)
    for (const part of [1, 2, 3]) statistics[part * largeNeurons + at] = share * manifest.tokens * 0.5
    statistics[4 * largeNeurons + at] = 4 * share
  }
  writeFileSync(join(folder, recordingFiles.statistics), statistics)
  const lengths = new Int32Array(windows).fill(window)
  writeFileSync(join(folder, recordingFiles.lengths), lengths)
  writeFileSync(
    join(folder, recordingFiles.sampleWindows),
    Uint32Array.from({ length: windows }, (_, at) => at),
  )
  const starts = Int32Array.from({ length: windows }, (_, at) => at * window)
  writeFileSync(join(folder, recordingFiles.tokenStarts), starts)
  writeEmpty(join(folder, recordingFiles.tokens), windows * window * 4)
  writeEmpty(join(folder, recordingFiles.topWindows), largeNeurons * topWindowCount * 4)
  writeEmpty(join(folder, recordingFiles.topMaxima), largeNeurons * topWindowCount * 4)
  writeEmpty(join(folder, recordingFiles.topActivations), largeNeurons * topWindowCount * window * 2)
  writeEmpty(join(folder, recordingFiles.sampleMaxima), windows * largeNeurons * 2)
  writeEmpty(join(folder, recordingFiles.histogram), largeNeurons * 64 * 4)
  writeFileSync(join(folder, recordingFiles.manifest), JSON.stringify(manifest))
}

/** A file of zeros that takes no room on the disk. */
function writeEmpty(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  ftruncateSync(file, bytes)
  closeSync(file)
}

function writeConcepts(path: string): void {
  const words = ['the word', 'numbers', 'commas', 'names', 'verbs in the past tense', 'code identifiers', 'quotes']
  const common = { author: 'lexical', explainer: 'lexical', scoreKind: 'simulation', status: 'suggested' }
  writeLines(path, (line, random) => ({
    neuron: neuronAt(line),
    text: `${words[line % words.length]} near ${words[Math.floor(random() * words.length)]} ${line % 977}`,
    score: Math.round(random() * 1000) / 1000,
    ...common,
  }))
}

function writeRanking(path: string): void {
  const header = { method: 'random', preset: null, params: {}, modelHash, seed: 1, neuronCount: largeNeurons }
  const step = 7919
  writeLines(
    path,
    (line) => ({ neuron: neuronAt((line * step) % largeNeurons), score: 1 - line / largeNeurons, rank: line + 1 }),
    header,
  )
}

function neuronAt(row: number): string {
  return `mlp:${Math.floor(row / width)}:${row % width}`
}

function writeLines(path: string, make: (line: number, random: () => number) => object, header?: object): void {
  mkdirSync(join(path, '..'), { recursive: true })
  const random = createRandom(2)
  const file = openSync(path, 'w')
  try {
    if (header) writeSync(file, `${JSON.stringify(header)}\n`)
    for (let start = 0; start < largeNeurons; start += 10_000) {
      let text = ''
      for (let line = start; line < Math.min(start + 10_000, largeNeurons); line++) {
        text += `${JSON.stringify(make(line, () => random.uniform()))}\n`
      }
      writeSync(file, text)
    }
  } finally {
    closeSync(file)
  }
}
