import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseRecipe } from '../../../src/main/services/recipes/recipe-schema.ts'
import { deriveDocuments } from '../../../src/main/services/workspace/derive-documents.ts'
import { firstDocuments } from '../../../src/main/services/workspace/first-documents.ts'
import { MemoryDocumentStore } from '../../../src/main/services/workspace/memory-document-store.ts'
import { rejection, resources, workspaceBench } from './opened.ts'

const { scratch } = workspaceBench()
const home = join(resources, 'demo')

/** The demo's workspace as `snip run` leaves one: no documents, but the record of its recipe. */
function runFolder(): string {
  const folder = join(scratch(), 'run')
  cpSync(join(home, 'workspace'), folder, { recursive: true })
  rmSync(join(folder, 'documents.json'))
  const recipe = parseRecipe(readFileSync(join(home, 'recipe.yaml'), 'utf8'), 'recipe.yaml')
  writeFileSync(join(folder, 'recipe.json'), JSON.stringify({ version: 1, home, recipe }))
  return folder
}

const storeOf = async (folder: string) =>
  new MemoryDocumentStore(await deriveDocuments(folder, { resources, workspace: folder }))

test('a folder of snip run becomes documents: data sets with the roles of the last task, and what was made of them', async () => {
  const store = await storeOf(runFolder())
  expect([...store.all('dataset').values()].map(({ name, roles, documents }) => [name, roles, documents])).toEqual([
    ['probe', ['probe'], 1],
    ['cloze-verbs-forget', [], 100],
    ['forget-code', ['forget'], 1],
    ['retain-prose', ['retain'], 1],
    ['cloze-verbs', ['evaluate-retain'], 60],
    ['cloze-prepositions', [], 30],
    ['evaluate-prose', ['evaluate-retain'], 1],
    ['evaluate-code', ['evaluate-forget'], 1],
  ])
  const [recordingId, recording] = [...store.all('recording')][0]!
  expect(recording).toMatchObject({ dataset: 'probe', neurons: 3840, tokens: 59_968 })
  expect(store.get('evidence', 'evidence')).toEqual({ recording: recordingId })
  expect(store.get('explanation', 'lexical')).toMatchObject({ recording: recordingId, concepts: 3072 })
  expect(store.get('model', 'model')?.place).toEqual({ base: 'resources', path: 'demo/model' })
  expect(store.get('cut', 'cut')).toEqual({ ranking: 'forget-code.activation-ratio', k: 307 })
  const enabled = [...store.all('forget-concept')].filter(([, concept]) => concept.enabled)
  expect(new Set(enabled.map(([id]) => id.replace(/-\d+$/, '')))).toEqual(new Set(['forget-code']))
  expect(store.get('sweep', 'forget-code')?.measures.map(({ label, side }) => [label, side])).toEqual([
    ['code', 'forget'],
    ['prose', 'retain'],
    ['cloze-verbs', 'retain'],
  ])
})

test('what is shipped is what the recipe gives, apart from what a person chose', async () => {
  const folder = runFolder()
  const bases = { resources, workspace: folder }
  const derived = new MemoryDocumentStore(await deriveDocuments(folder, bases, { at: Date.UTC(2026, 0, 1) }))
  cpSync(join(home, 'workspace', 'documents.json'), join(folder, 'documents.json'))
  const shipped = new MemoryDocumentStore(await firstDocuments(folder, bases))
  for (const kind of ['dataset', 'recording', 'explanation', 'forget-concept', 'plan', 'sweep'] as const) {
    expect([...shipped.all(kind)]).toEqual([...derived.all(kind)])
  }
})

test('a damaged document of a shipped workspace is named', async () => {
  const folder = scratch()
  const documents = [{ kind: 'prompt', key: 'p7', value: { text: 7 } }]
  writeFileSync(join(folder, 'documents.json'), JSON.stringify({ version: 1, documents }))
  const failure = await rejection(firstDocuments(folder, { resources, workspace: folder }))
  expect(failure.kind).toBe('bad-file')
  expect(failure.message).toContain('The prompt p7 in')
})
