import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { conceptRatingSchema, conceptSchema } from '../../../contract/files.ts'
import { budgetSchema, rateRequestSchema } from '../../../contract/workbench/explaining.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside } from '../../files/write-aside.ts'
import { join } from 'node:path'
import { estimateRating, rateConcepts } from '../concepts/rate.ts'
import { textsOfDataset } from '../datasets/load-dataset.ts'
import { jsonLines, readJsonLines, writeManyJsonLines } from '../files-of-lines.ts'
import { inPlainWords } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import type { Estimate } from '../language-models/index.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import { gatherConceptsInUse } from './ranking-inputs.ts'

const jobParamsSchema = rateRequestSchema.extend({ budget: budgetSchema.nullable() })
type JobParams = z.infer<typeof jobParamsSchema>

export function registerRateJobs(session: WorkbenchSession): void {
  session.jobs.register('rate', {
    params: jobParamsSchema,
    light: true,
    run: inPlainWords((params, task, folder) => runRate(session, params, task, folder)),
  })
}

export async function estimateRate(
  session: WorkbenchSession,
  asked: Omit<JobParams, 'budget'>,
  signal: AbortSignal,
): Promise<Estimate> {
  const workspace = session.workspace()
  const texts = await textsOfDataset(session.workspace(), asked.dataset, quietTask(signal))
  return estimateRating(
    session.languageModels,
    { ...asked, texts, concepts: await gatherConceptsInUse(workspace) },
    signal,
  )
}

export async function startRate(session: WorkbenchSession, params: JobParams): Promise<string> {
  const { document } = datasetInUse(session.workspace(), params.dataset)
  const { chatModel } = session.languageModels.provider(params.provider)
  return session.jobs.start('rate', `Have ${chatModel} rate the concepts for ${document.name}`, params)
}

/** Rates the concepts that were in use at the first start, and writes ratings/<job>.jsonl. */
async function runRate(session: WorkbenchSession, params: JobParams, task: JobTask, folder: string): Promise<string> {
  const workspace = session.workspace()
  makeFolder(folder)
  const list = join(folder, 'concepts.jsonl')
  if (!existsSync(list)) await writeManyJsonLines(list, await gatherConceptsInUse(workspace))
  makeFolder(workspace.file('ratings'))
  const out = workspace.file('ratings', `${task.job}.jsonl`)
  if (!existsSync(out)) {
    const { ratings, unrated } = await rateConcepts(
      session.languageModels,
      {
        ...params,
        concepts: readJsonLines(list, conceptSchema, 'concepts'),
        texts: await textsOfDataset(session.workspace(), params.dataset, task),
        out: join(folder, 'ratings.jsonl'),
      },
      task,
    )
    if (unrated > 0) task.warn(`${unrated} of ${ratings.length} concepts got no rating and are left out of rankings`)
    writeAside(out, jsonLines(ratings))
  }
  const ratings = readJsonLines(out, conceptRatingSchema, 'concept ratings')
  const rated = ratings.filter(({ rating }) => rating !== null).length
  const rater = ratings[0]?.rater ?? ''
  const { dataset } = params
  const file = `ratings/${task.job}.jsonl`
  const after = { file, rater, dataset, rated, at: Date.now() }
  await workspace.store.put([{ kind: 'rating-set', key: task.job, after }])
  return task.job
}
