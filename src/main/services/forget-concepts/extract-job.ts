import { join } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { makeFolder } from '../../files/make-folder.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import { extractForgetConcepts } from './forget-concepts.ts'

const extractParamsSchema = z.object({ forget: idSchema, reference: idSchema, extractor: z.string() })
export type ExtractParams = z.infer<typeof extractParamsSchema>

export function registerExtractJobs(session: WorkbenchSession): void {
  session.jobs.register('extract', {
    params: extractParamsSchema,
    light: true,
    run: (params, task, folder) => runExtract(session, params, task, folder),
  })
}

/** Extractors by id, with where they come from. */
export async function listExtractors(): Promise<{ id: string; name: string; citation: string }[]> {
  // Loaded late: their word lists take longer to load than the rest of the program.
  const { extractors } = await import('../../../core/concepts/extractors/index.ts')
  return Object.values(extractors).map(({ id, name, citation }) => ({ id, name, citation }))
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
  if (!(await listExtractors()).some(({ id }) => id === params.extractor)) {
    throw new SnipError('bad-argument', `There is no extractor '${params.extractor}'`, { remedy: 'Choose another.' })
  }
  const title = `Extract forget concepts from ${forget.document.name} against ${reference.document.name}`
  return session.jobs.start('extract', title, params)
}

/** Adds the concepts whose texts are new; what a person changed or disabled stays as it is. */
async function runExtract(session: WorkbenchSession, params: ExtractParams, task: JobTask, folder: string) {
  const workspace = session.workspace()
  makeFolder(folder)
  const { concepts } = await extractForgetConcepts(
    {
      forget: datasetInUse(workspace, params.forget).request,
      reference: datasetInUse(workspace, params.reference).request,
      extractor: params.extractor,
      out: join(folder, 'forget.jsonl'),
    },
    task,
  )
  const { store } = workspace
  const known = new Set([...store.all('forget-concept').values()].map(({ text }) => text))
  const added = concepts.filter(({ text }) => !known.has(text))
  const left = concepts.length - added.length
  if (left > 0) task.warn(`${left} of ${concepts.length} concepts were in the list already and were left as they are`)
  if (added.length > 0) {
    await store.edit(
      `Extracted ${added.length} forget concepts`,
      added.map(({ text, weight, extractor }): Change => ({
        kind: 'forget-concept',
        key: store.newId(),
        after: { text, weight, enabled: true, source: extractor },
      })),
    )
  }
  return null
}
