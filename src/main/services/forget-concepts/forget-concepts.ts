import { SnipError } from '../../../contract/failure.ts'
import { forgetConceptSchema, type ForgetConcept } from '../../../contract/files.ts'
import { writeAside } from '../../files/write-aside.ts'
import { loadData, type DataInUse, type DataRequest } from '../data-in-use/data-in-use.ts'
import { jsonLines } from '../files-of-lines.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { throwIfCancelled, type Task } from '../task.ts'

export interface ForgetConceptsRequest {
  readonly forget: DataRequest
  readonly reference: DataRequest
  readonly extractor: string
  readonly out: string
}

export interface ForgetConceptsOutcome {
  readonly concepts: ForgetConcept[]
  /** Hash of the forget documents in use. */
  readonly dataHash: string
}

/**
 * Extracts what a forget set needs, by contrast with reference text, and writes forget.jsonl. Of a cloze file the
 * candidates are what is asked for: they are contrasted with all the texts.
 */
export async function extractForgetConcepts(
  request: ForgetConceptsRequest,
  task: Task,
): Promise<ForgetConceptsOutcome> {
  // Loaded late: the word lists of extractors take longer to load than most commands to run.
  const { extractors } = await import('../../../core/concepts/extractors/index.ts')
  const extractor = Object.values(extractors).find(({ id }) => id === request.extractor)
  if (!extractor) {
    throw new SnipError('bad-argument', `There is no extractor '${request.extractor}'`, {
      remedy: `Use one of: ${Object.keys(extractors).join(', ')}.`,
    })
  }
  refuseOutput(request.out, forgetConceptSchema, 'forget concepts')
  const forget = await loadData(request.forget, task)
  const reference = await loadData(request.reference, task)
  throwIfCancelled(task)
  task.report({ stage: 'Extracting forget concepts', done: 0, total: 1, unit: 'step' })
  const concepts = extractor.run(
    {
      forget: textsOf(forget),
      reference: textsOf(reference),
      ...(forget.cloze === null ? {} : { targets: forget.cloze.flatMap(({ candidates }) => candidates) }),
    },
    extractor.parameters.parse({}),
  )
  if (concepts.length === 0) task.warn('Nothing tells the forget set from the reference: there is no forget concept')
  writeAside(request.out, jsonLines(concepts))
  return { concepts, dataHash: forget.dataHash }
}

function textsOf({ documents }: DataInUse): string[] {
  return documents.map(({ text }) => text)
}
