import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { conceptSideSchema, type ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { loadDataset } from '../datasets/load-dataset.ts'
import { inPlainWords } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { throwIfCancelled } from '../task.ts'
import { addNewConcepts, type ListKind } from './forget-concept-list.ts'

const extractParamsSchema = z.object({
  forget: idSchema,
  reference: idSchema,
  extractor: z.string(),
  side: conceptSideSchema.default('forget'),
})
export type ExtractParams = z.infer<typeof extractParamsSchema>

/** The list that concepts of a side go to. */
export const kindOfSide: Readonly<Record<ConceptSide, ListKind>> = {
  forget: 'forget-concept',
  protected: 'protected-concept',
}

export function registerExtractJobs(session: WorkbenchSession): void {
  session.jobs.register('extract', {
    params: extractParamsSchema,
    run: inPlainWords((params, task) => runExtract(session, params, task)),
  })
}

/** Extractors by id, with where they come from. The engine has them: their word lists take seconds to load. */
export function listExtractors(session: WorkbenchSession): Promise<{ id: string; name: string; citation: string }[]> {
  return session.workbench.engine.client.extractors()
}

/** Checks what can be checked at once, and starts the job. */
export async function startExtract(session: WorkbenchSession, params: ExtractParams): Promise<string> {
  const workspace = session.workspace()
  const forget = datasetInUse(workspace, params.forget)
  const reference = datasetInUse(workspace, params.reference)
  if (params.forget === params.reference) {
    throw new SnipError('bad-argument', 'The forget data and the reference are the same data set', {
      remedy: 'Choose other text as the reference.',
    })
  }
  if (!(await listExtractors(session)).some(({ id }) => id === params.extractor)) {
    throw new SnipError('bad-argument', `There is no extractor '${params.extractor}'`, { remedy: 'Choose another.' })
  }
  const title = `Extract ${params.side} concepts from ${forget.document.name} against ${reference.document.name}`
  return session.jobs.start('extract', title, params)
}

/** Adds the concepts whose texts are new; what a person changed or disabled stays as it is. */
async function runExtract(session: WorkbenchSession, params: ExtractParams, task: JobTask): Promise<null> {
  const workspace = session.workspace()
  const forget = await loadDataset(workspace, params.forget, task)
  const reference = await loadDataset(workspace, params.reference, task)
  throwIfCancelled(task)
  task.report({ stage: 'Extracting forget concepts', done: 0, total: 1, unit: 'step' })
  const { concepts } = await session.workbench.engine.client.extract(
    {
      extractor: params.extractor,
      forget: startsOf(forget),
      reference: startsOf(reference),
      // Of cloze questions what is asked for is contrasted with all the texts.
      targets: forget.cloze?.flatMap(({ candidates }) => candidates) ?? null,
    },
    { signal: task.signal },
  )
  throwIfCancelled(task)
  if (concepts.length === 0) task.warn('Nothing tells the forget set from the reference: there is no forget concept')
  const { known } = await addNewConcepts(workspace, concepts, kindOfSide[params.side])
  if (known > 0) task.warn(`${known} of ${concepts.length} concepts were in the list already and were left as they are`)
  return null
}

/** Characters of each side that cross to the engine: far more than extractors read. */
const mostCharacters = 8_000_000

function startsOf({ documents }: DataInUse): string[] {
  const texts: string[] = []
  let left = mostCharacters
  for (const { text } of documents) {
    if (left <= 0) break
    texts.push(text.length > left ? text.slice(0, left) : text)
    left -= text.length
  }
  return texts
}
