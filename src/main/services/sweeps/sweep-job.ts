import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import type { RankingHeader } from '../../../contract/files.ts'
import type { Site } from '../../../contract/neuron.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { resolveTop } from '../../../core/pruning/plan-top.ts'
import { randomRanking } from '../../../core/ranking/methods/random.ts'
import { createNeuronSpace, neuronIdsOf, restrictSpace } from '../../../core/ranking/neuron-space.ts'
import { rankInSteps } from '../../../core/ranking/rank.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside } from '../../files/write-aside.ts'
import { loadDataset } from '../datasets/load-dataset.ts'
import { inPlainWords } from '../flag-words.ts'
import { inSteps } from '../breathe.ts'
import { readTextFile, writeManyJsonLines } from '../files-of-lines.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { modelInUse, neuronWidths } from '../plans/model-in-use.ts'
import { rankingInOrder } from '../rankings/ranking-orders.ts'
import { requireEvaluationSets } from '../runs/evaluation-sets.ts'
import { lmParams } from '../runs/prepare-set.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { sweep, type SweepMeasure } from './sweep.ts'

const sweepParamsSchema = z.object({
  rankings: z.array(idSchema).min(1),
  grid: z.array(z.string()).min(1).max(50),
  control: z.boolean(),
  tokens: z.number().int().positive().nullable(),
  seed: z.number().int(),
})
export type SweepParams = z.infer<typeof sweepParamsSchema>

export function registerSweepJobs(session: WorkbenchSession): void {
  session.jobs.register('sweep', {
    params: sweepParamsSchema,
    run: inPlainWords((params, task, folder) => runSweep(session, params, task, folder)),
  })
}

/** Checks rankings, grid and data sets, then starts the job. */
export async function startSweep(session: WorkbenchSession, params: SweepParams): Promise<string> {
  const workspace = session.workspace()
  modelInUse(workspace)
  const sets = requireEvaluationSets(workspace)
  const rankings = [...new Set(params.rankings)]
  for (const id of rankings) {
    const { header } = (await rankingInOrder(session, id)).ranking
    for (const top of params.grid) resolveTop(top, header.neuronCount)
  }
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
  const title = `Sweep ${count(rankings.length, 'ranking')} over ${count(params.grid.length, 'point')} on ${count(sets.length, 'data set')}`
  return session.jobs.start('sweep', title, { ...params, rankings })
}

/** What a sweep is made of, settled when it first runs: what pins and rankings become later changes nothing. */
const sweepSetupSchema = z.object({
  rankings: z.array(z.object({ label: z.string(), ranking: z.string().nullable(), control: z.boolean() })),
  measures: z.array(
    z.object({
      label: z.string(),
      dataset: z.string().nullable(),
      name: z.string(),
      side: z.enum(['forget', 'retain']),
      metric: z.enum(['lm', 'cloze']),
      params: z.record(z.string(), z.unknown()),
    }),
  ),
})
type SweepSetup = z.infer<typeof sweepSetupSchema>

async function runSweep(
  session: WorkbenchSession,
  params: SweepParams,
  task: JobTask,
  folder: string,
): Promise<string> {
  const workspace = session.workspace()
  const { models } = session.workbench
  const model = modelInUse(workspace).reference
  const { rankings, measures } = await setUp(session, params, folder, task)
  const directory = join(folder, 'points')
  const sets = requireEvaluationSets(workspace)
  const known = (id: string | null) => {
    const set = sets.find((candidate) => candidate.id === id)
    if (set !== undefined) return set
    throw new SnipError('not-found', 'A data set of this sweep is no longer there to measure on', {
      remedy: 'Start a new sweep.',
    })
  }
  await sweep(
    models,
    {
      model,
      rankings: rankings.map(({ label }) => ({ path: rankingFile(folder, label), label })),
      grid: params.grid,
      measures: measures.map(({ label, dataset, metric, params: metricParams }): SweepMeasure => ({
        label,
        metric,
        preset: null,
        params: metricParams,
        data: known(dataset).request,
      })),
      directory,
      seed: params.seed,
    },
    task,
  )
  const after: Documents['sweep'] = {
    title: titleOf(session, params),
    at: Date.now(),
    folder: posix.join('jobs', task.job, 'work', 'points'),
    modelHash: await models.modelHash(model, task.signal),
    rankings,
    measures: measures.map(({ label, dataset, name, side }) => ({ label, dataset, name, side })),
  }
  await workspace.store.put([{ kind: 'sweep', key: task.job, after }])
  return task.job
}

function titleOf(session: WorkbenchSession, { rankings, grid }: SweepParams): string {
  const { store } = session.workspace()
  const names = rankings.map((id) => store.get('ranking', id)?.name ?? 'a removed ranking')
  return `${names.join(', ')} at ${grid.join(', ')}`
}

function rankingFile(folder: string, label: string): string {
  return join(folder, 'rankings', `${label}.jsonl`)
}

/** Writes the rankings as they are now, pins applied, and how each data set is measured; reads both when they were written. */
async function setUp(
  session: WorkbenchSession,
  params: SweepParams,
  folder: string,
  task: JobTask,
): Promise<SweepSetup> {
  const file = join(folder, 'setup.json')
  if (existsSync(file)) return sweepSetupSchema.parse(JSON.parse(readTextFile(file)))
  makeFolder(join(folder, 'rankings'))
  const rankings: SweepSetup['rankings'] = []
  const sitesOfControls = new Map<string, readonly Site[]>()
  for (const id of params.rankings) {
    const { document, flats, space, ranking } = await rankingInOrder(session, id)
    const label = `ranking-${rankings.length + 1}`
    await writeRanking(rankingFile(folder, label), ranking.header, Array.from(flats, neuronIdsOf(space)))
    rankings.push({ label, ranking: id, control: false })
    const sites = sitesOf(document)
    sitesOfControls.set(sites.join(), sites)
  }
  if (params.control) {
    const space = createNeuronSpace(await neuronWidths(session, task.signal))
    for (const sites of sitesOfControls.values()) {
      const label = `control-${rankings.length + 1}`
      const { header, neurons } = await inSteps(
        rankInSteps(
          randomRanking,
          { space: restrictSpace(space, sites), seed: params.seed },
          { modelHash: null, params: { sites: [...sites] } },
        ),
      )
      await writeRanking(
        rankingFile(folder, label),
        header,
        neurons.map(({ neuron }) => neuron),
      )
      rankings.push({ label, ranking: null, control: true })
    }
  }
  const setup: SweepSetup = { rankings, measures: await settleMeasures(session, params, task) }
  writeAside(file, [JSON.stringify(setup)])
  return setup
}

/** In the order given; scores only say that order, as pins may stand above better scores. */
function writeRanking(path: string, header: RankingHeader, neurons: readonly string[]): Promise<void> {
  // Pinned neurons of other sites may make more than the ranked sites have; no cut reaches that far.
  const lines = neurons
    .slice(0, header.neuronCount)
    .map((neuron, at) => ({ neuron, score: neurons.length - at, rank: at + 1 }))
  return writeManyJsonLines(path, [header, ...lines])
}

async function settleMeasures(
  session: WorkbenchSession,
  { tokens }: SweepParams,
  task: JobTask,
): Promise<SweepSetup['measures']> {
  const measures: SweepSetup['measures'] = []
  for (const { id, document, side, metric } of requireEvaluationSets(session.workspace())) {
    const params =
      metric === 'lm' ? await lmParams(session, await loadDataset(session.workspace(), id, task), tokens, task) : {}
    measures.push({ label: `data-${measures.length + 1}`, dataset: id, name: document.name, side, metric, params })
  }
  return measures
}

function sitesOf({ params }: Documents['ranking']): Site[] {
  const sites = z.array(z.enum(['mlp', 'attention'])).safeParse(params['sites'])
  return sites.success && sites.data.length > 0 ? sites.data : ['mlp']
}
