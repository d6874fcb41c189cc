import { basename, resolve } from 'node:path'
import { conceptSchema, forgetConceptSchema } from '../../../contract/files.ts'
import { readRecordingManifest } from '../../files/open-recording.ts'
import { readJsonLines } from '../files-of-lines.ts'
import { quietly, type Derivation } from './derivation.ts'
import { placeOf } from './places.ts'

/** The recordings, and the model that they are of. */
export function deriveRecordings(derivation: Derivation): void {
  let modelPath =
    derivation.recipe === null || derivation.home === null ? null : resolve(derivation.home, derivation.recipe.model)
  let modelHash: string | null = null
  for (const name of derivation.names('recordings')) {
    quietly(() => {
      const manifest = readRecordingManifest(derivation.path('recordings', name))
      modelPath ??= manifest.model.path
      modelHash ??= manifest.model.modelHash
      const dataset = derivation.datasets.byHash(manifest.dataHash)
      const { dataHash, sites, tokens, windows, window, neurons, seed } = manifest
      derivation.add('recording', name, {
        dataset: dataset?.id ?? null,
        data: dataset?.document.name ?? recordingName(dataHash),
        folder: `recordings/${name}`,
        modelHash: manifest.model.modelHash,
        dataHash,
        sites,
        tokens,
        windows,
        window,
        neurons,
        seed,
        at: derivation.timeOf('recordings', name),
      })
    })
  }
  if (modelPath === null) return
  const place = placeOf(modelPath, derivation.bases)
  const tokenizer =
    derivation.recipe?.tokenizer === undefined ? null : resolve(derivation.home ?? '', derivation.recipe.tokenizer)
  const document = {
    place,
    tokenizer: tokenizer === null ? null : placeOf(tokenizer, derivation.bases),
    name: basename(modelPath),
    modelHash,
    card: null,
  }
  derivation.add('model', 'model', document)
}

function recordingName(dataHash: string): string {
  return `data ${dataHash.slice(0, 8)}`
}

/** What explainers wrote, and the recording whose evidence is shown. */
export function deriveExplanations(derivation: Derivation): void {
  const explained = Object.values(derivation.recipe?.concepts ?? {})[0]?.recording
  const largest = [...derivation.store.all('recording')].toSorted(([, a], [, b]) => b.neurons - a.neurons)[0]?.[0]
  const recording = derivation.recordingOf(explained) ?? largest ?? null
  if (recording === null) return
  derivation.add('evidence', 'evidence', { recording })
  for (const name of derivation.names('concepts')) {
    if (!/^[^.]+\.jsonl$/.test(name)) continue
    quietly(() => {
      const concepts = readJsonLines(derivation.path('concepts', name), conceptSchema, 'concepts')
      const id = basename(name, '.jsonl')
      derivation.add('explanation', id, {
        recording: derivation.recordingOf(derivation.recipe?.concepts[id]?.recording) ?? recording,
        explainer: concepts[0]?.explainer ?? id,
        file: `concepts/${name}`,
        concepts: concepts.length,
        at: derivation.timeOf('concepts', name),
      })
    })
  }
}

/** What the tasks forget; that of the last task is in use. */
export function deriveForgetConcepts(derivation: Derivation): void {
  for (const name of derivation.names('concepts').filter((file) => file.endsWith('.forget.jsonl'))) {
    const task = basename(name, '.forget.jsonl')
    quietly(() => {
      const concepts = readJsonLines(derivation.path('concepts', name), forgetConceptSchema, 'forget concepts')
      concepts.forEach(({ text, weight, extractor }, at) => {
        const enabled = derivation.task === null || task === derivation.task
        derivation.add('forget-concept', `${task.slice(0, 48)}-${at + 1}`, { text, weight, enabled, source: extractor })
      })
    })
  }
}

/** What a person pinned in the recipe's last task. */
export function derivePins(derivation: Derivation): void {
  const pins = derivation.task === null ? undefined : derivation.recipe?.tasks[derivation.task]?.pins
  for (const pin of ['always', 'never'] as const) for (const id of pins?.[pin] ?? []) derivation.add('pin', id, { pin })
}
