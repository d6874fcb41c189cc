import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient, type RouterClient } from '@orpc/server'
import { isDefinedError } from '@orpc/client'
import type { Job } from '../../src/contract/workbench/jobs.ts'
import { SnipError } from '../../src/contract/failure.ts'
import { formatNeuron } from '../../src/contract/neuron.ts'
import { createWorkbenchRouter, type WorkbenchRouter } from '../../src/main/services/router/index.ts'
import { createWorkbenchSession } from '../../src/main/services/session/create-session.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import type { Change } from '../../src/main/services/workspace/document-store.ts'
import type { Documents } from '../../src/main/services/workspace/documents.ts'
import { hashDocuments, readDataset } from '../../src/main/services/datasets/index.ts'
import { engineHostFile } from './host.ts'

const root = resolve(import.meta.dirname, '../..')
export const demoData = join(root, 'resources/demo/data')

/** A workbench with a workspace on the demo model: two texts and a cloze file to measure on, and concepts of 200 neurons. */
export interface Cutting {
  readonly session: WorkbenchSession
  readonly client: RouterClient<WorkbenchRouter>
  readonly folder: string
  /** Waits for a job to end well, and answers its result. */
  finish(started: { job: string }): Promise<string>
  /** Waits for a job to end, however. */
  settle(started: { job: string }): Promise<Job>
  dispose(): Promise<void>
}

export async function openCutting(questions = 14): Promise<Cutting> {
  const folder = mkdtempSync(join(tmpdir(), 'snip-cutting-'))
  const session = createWorkbenchSession({
    hostFile: await engineHostFile(),
    resources: join(root, 'resources'),
    environment: { XDG_CACHE_HOME: join(folder, 'cache') },
    dataFolder: join(folder, 'data'),
    door: { door: 'command-line', nativeDialogs: false, showsFolders: false, uploadPath: null, uploadLimit: null },
  })
  await session.workspaces.create(folder, 'work')
  await fillWorkspace(session)
  await useQuestions(session, questions)
  const client = createRouterClient(createWorkbenchRouter(session))
  const settle = ({ job }: { job: string }) => session.jobs.settled(job)
  return {
    session,
    client,
    folder,
    settle,
    async finish(started) {
      const job = await settle(started)
      if (job.state !== 'done') throw new Error(`${job.title}: ${job.state} ${JSON.stringify(job.failure)}`)
      return job.result ?? ''
    },
    async dispose() {
      await session.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The failure that a call of the client ends with. */
export async function failureOfCall(call: Promise<unknown>): Promise<SnipError> {
  try {
    await call
  } catch (error) {
    const data = (error as { data?: unknown }).data
    if (error instanceof SnipError) return error
    if (isDefinedError(error as Error) || data !== undefined) return SnipError.fromFailure(data as never)
    throw error
  }
  throw new Error('expected a failure')
}

async function fillWorkspace(session: WorkbenchSession): Promise<void> {
  const workspace = session.workspace()
  const place = (path: string) => workspace.placeOf(join(root, 'resources', ...path.split('/')))
  const { reference, signal } = {
    reference: { path: join(root, 'resources/demo/model'), tokenizer: null },
    signal: new AbortController().signal,
  }
  const { handle: _, ...card } = await session.workbench.models.open(reference, signal)
  const modelHash = await session.workbench.models.modelHash(reference, signal)
  const changes: Change[] = [
    {
      kind: 'model',
      key: 'model',
      after: { place: place('demo/model'), tokenizer: null, name: 'demo', modelHash, card },
    },
  ]
  for (const [key, file, roles] of [
    ['code', 'evaluate-code.txt', ['evaluate-forget']],
    ['prose', 'evaluate-prose.txt', ['evaluate-retain']],
    ['forget', 'forget-code.txt', ['forget']],
    ['retain', 'retain-prose.txt', ['retain', 'probe']],
  ] as const) {
    changes.push({ kind: 'dataset', key, after: await datasetOf(session, key, file, [...roles], null) })
  }
  await workspace.store.put(changes)
}

/** Measures on so many cloze questions from now on. */
export async function useQuestions(session: WorkbenchSession, count: number): Promise<void> {
  const where = `index <= ${100 + count}`
  const after = await datasetOf(session, 'verbs', 'cloze-verbs.txt', ['evaluate-retain'], where)
  await session.workspace().store.put([{ kind: 'dataset', key: 'verbs', after }])
}

async function datasetOf(
  session: WorkbenchSession,
  name: string,
  file: string,
  roles: Documents['dataset']['roles'],
  where: string | null,
): Promise<Documents['dataset']> {
  const read = await readDataset(join(demoData, file), where === null ? {} : { where })
  const isCloze = where !== null
  // The first hundred questions are not of the split that is measured on.
  const used = isCloze ? read.documents.slice(100) : read.documents
  return {
    name,
    place: session.workspace().placeOf(join(root, 'resources/demo/data', file)),
    format: read.format,
    kind: read.kind,
    mapping: { textColumn: null, where, sample: null, seed: 1, split: 'evaluation' },
    roles,
    documents: used.length,
    rejectedCount: 0,
    dataHash: isCloze ? hashDocuments(used.map(({ text }, row) => ({ text, row }))) : read.dataHash,
    bytes: null,
    modifiedAt: null,
    tokens: null,
  }
}

/** Names 200 neurons of layer 1 by hand, as an explainer would have, over a recording of some prose. */
export async function giveConcepts({ session, client, finish }: Cutting): Promise<string> {
  const recording = await finish(
    await client.recordings.start({ dataset: 'retain', tokens: 2048, window: 64, sites: ['mlp'], seed: 1 }),
  )
  const workspace = session.workspace()
  const texts = ['numbers', 'verbs in the past tense', 'names of people', 'brackets and operators', 'the end of a line']
  const lines = Array.from({ length: 200 }, (_, index) => ({
    neuron: formatNeuron({ site: 'mlp', layer: 1, index }),
    text: `${texts[index % texts.length]}`,
    author: 'test',
    explainer: 'lexical',
    score: 0.5 + index / 1000,
    scoreKind: 'correlation',
    status: 'suggested',
  }))
  mkdirSync(workspace.file('concepts'), { recursive: true })
  writeFileSync(workspace.file('concepts', 'c.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await workspace.store.put([
    {
      kind: 'explanation',
      key: 'explanation',
      after: { recording, explainer: 'lexical', file: 'concepts/c.jsonl', concepts: lines.length, at: 1 },
    },
    { kind: 'evidence', key: 'evidence', after: { recording } },
  ])
  return recording
}
