import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { idSchema } from '../../../contract/workbench/call.ts'
import { budgetSchema } from '../../../contract/workbench/explaining.ts'
import { rankingMethodOf } from '../../../core/ranking/registry.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside } from '../../files/write-aside.ts'
import { inPlainWords } from '../flag-words.ts'
import { jsonLines, writeManyJsonLines } from '../files-of-lines.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { rank, type RankRequest } from './rank.ts'
import type { Change } from '../workspace/document-store.ts'
import type { Documents } from '../workspace/documents.ts'
import { hashOfConcepts } from './concepts-hash.ts'
import { latestRatings } from './latest-ratings.ts'
import {
  evidenceInUse,
  forgetConceptsInUse,
  gatherConceptsInUse,
  hashOfForgetConcepts,
  protectedConceptsInUse,
} from './ranking-inputs.ts'

export const rankParamsSchema = z.object({
  method: z.string(),
  preset: z.string().nullable(),
  params: z.record(z.string(), z.unknown()),
  seed: z.number().int(),
  forget: idSchema.nullable(),
  retain: idSchema.nullable(),
  embedder: z.string().default('subject-sif'),
  /** Provider of the embedder openai-compatible. */
  provider: idSchema.nullable().default(null),
  /** What embedding by a provider may spend. */
  budget: budgetSchema.nullable().default(null),
  /** Path of the folder of the embedder sentence-onnx. */
  embedderFolder: z.string().nullable().default(null),
  /** The ranking whose place it takes as the one in use, null for none; absent where it shall not be taken into use. */
  takesPlaceOf: idSchema.nullable().optional(),
})
export type RankParams = z.infer<typeof rankParamsSchema>

/** Share of the neurons that go before a person has chosen how many, as where the slider begins. */
const firstShare = 0.02

export function registerRankJobs(session: WorkbenchSession): void {
  session.jobs.register('rank', {
    params: rankParamsSchema,
    run: inPlainWords((params, task, folder) => runRank(session, params, task, folder)),
  })
}

type RankingInputNames = {
  -readonly [Key in keyof Documents['ranking']['inputs']]: Documents['ranking']['inputs'][Key]
}

/** Ranks with the concepts, forget concepts and recordings of the moment; writes rankings/<id>.jsonl and its document. */
async function runRank(session: WorkbenchSession, params: RankParams, task: JobTask, folder: string): Promise<string> {
  const workspace = session.workspace()
  const method = rankingMethodOf(params.method)
  const wants = (need: (typeof method.needs)[number]) => method.needs.includes(need)
  const evidence = evidenceInUse(workspace)
  const recordingFolder = (id: string | null) => folderOfRecording(workspace, id)
  makeFolder(folder)
  const request: { -readonly [Key in keyof RankRequest]: RankRequest[Key] } = {
    method: method.id,
    model: modelInUse(workspace).reference,
    out: workspace.file('rankings', `${task.job}.jsonl`),
    preset: params.preset,
    params: params.params,
    seed: params.seed,
  }
  const inputs: RankingInputNames = {
    forgetConcepts: null,
    concepts: null,
    recording: wants('embeddings') || wants('concepts') ? evidence : null,
    forget: wants('forgetStatistics') ? params.forget : null,
    retain: wants('retainStatistics') ? params.retain : null,
  }
  if (wants('concepts')) {
    inputs.concepts = hashOfConcepts(workspace)
    request.concepts = join(folder, 'concepts.jsonl')
    await writeManyJsonLines(request.concepts, await gatherConceptsInUse(workspace))
  }
  if (wants('forgetConcepts')) {
    const concepts = forgetConceptsInUse(workspace)
    inputs.forgetConcepts = hashOfForgetConcepts(concepts)
    request.forgetConcepts = join(folder, 'forget.jsonl')
    writeAside(request.forgetConcepts, jsonLines(concepts))
  }
  if (wants('embeddings')) {
    request.embedder = params.embedder
    request.provider = params.provider ?? undefined
    request.budget = params.budget
    request.journalFolder = folder
    request.embedderFolder = params.embedderFolder ?? undefined
    request.recording = recordingFolder(evidence)
    const kept = protectedConceptsInUse(workspace)
    if (params.embedder !== 'subject-sif') inputs.embedder = params.embedder
    if (kept.length > 0) {
      inputs.protectedConcepts = hashOfForgetConcepts(kept)
      request.protectedConcepts = join(folder, 'protected.jsonl')
      writeAside(request.protectedConcepts, jsonLines(kept))
    }
  }
  if (wants('conceptRatings')) request.ratings = latestRatings(workspace, params.forget, task)
  request.forget = recordingFolder(inputs.forget)
  request.retain = recordingFolder(inputs.retain)
  makeFolder(workspace.file('rankings'))
  const { header, neurons } = await rank(session.workbench.models, request, task, {
    languageModels: session.languageModels,
    cacheFolder: session.workbench.cacheFolder,
  })
  // Those that did not count say nothing of the order.
  if (!(Number(header.params['protectedWeight'] ?? 0) > 0)) delete inputs.protectedConcepts
  const at = Date.now()
  // A cut that is being written counts as chosen.
  await workspace.store.put(() => [
    {
      kind: 'ranking',
      key: task.job,
      after: {
        name: freeName(workspace, task.job, `${method.name}${header.preset === null ? '' : ` (${header.preset})`}`),
        method: header.method,
        preset: header.preset,
        params: header.params,
        seed: header.seed,
        neuronCount: header.neuronCount,
        ranked: neurons.length,
        warnings: [...(header.warnings ?? [])],
        file: `rankings/${task.job}.jsonl`,
        modelHash: header.modelHash,
        at,
        inputs,
      },
    },
    ...takenIntoUse(workspace, params, task.job, { ranked: neurons.length, neuronCount: header.neuronCount }),
  ])
  return task.job
}

/** The cut moves to the new ranking and keeps its size, unless a person has chosen another ranking since. */
function takenIntoUse(
  { store }: OpenWorkspace,
  { takesPlaceOf }: RankParams,
  ranking: string,
  { ranked, neuronCount }: { readonly ranked: number; readonly neuronCount: number },
): Change[] {
  const cut = store.get('cut', 'cut')
  if (takesPlaceOf === undefined || (cut?.ranking ?? null) !== takesPlaceOf) return []
  const k = Math.min(ranked, cut?.k ?? Math.round(firstShare * neuronCount))
  return [{ kind: 'cut', key: 'cut', after: { ranking, k } }]
}

/** The folder of a recording, where it is there. */
export function folderOfRecording(workspace: OpenWorkspace, id: string | null): string | undefined {
  const folder = id === null ? undefined : workspace.store.get('recording', id)?.folder
  const path = folder === undefined ? undefined : workspace.file(...folder.split('/'))
  return path !== undefined && existsSync(path) ? path : undefined
}

/** The name, with a number behind it when another ranking has it. */
function freeName({ store }: OpenWorkspace, id: string, name: string): string {
  const taken = new Set([...store.all('ranking')].flatMap(([key, ranking]) => (key === id ? [] : [ranking.name])))
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`
  return free
}
