import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { folderOfEmbedder } from '../embedders/look-at-embedders.ts'
import { importForgetFile, lookAtForgetFile } from '../forget-concepts/exchange-lists.ts'
import { listExtractors, startExtract } from '../forget-concepts/extract-job.ts'
import {
  addForgetConcept,
  changeForgetConcept,
  listForgetConcepts,
  mergeForgetConcepts,
  removeForgetConcepts,
} from '../forget-concepts/forget-concept-list.ts'
import { describeLlmExtractor, estimateLlmExtract, startLlmExtract } from '../forget-concepts/extract-llm-job.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function forgetConceptsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.forgetConcepts).use(handleFor(session))
  return {
    list: host.list.handler(() => listForgetConcepts(session.workspace())),
    extractors: host.extractors.handler(() => listExtractors(session)),
    extract: host.extract.handler(async ({ input }) => ({ job: await startExtract(session, input) })),
    languageModelExtractor: host.languageModelExtractor.handler(() => describeLlmExtractor()),
    estimateExtraction: host.estimateExtraction.handler(({ input, signal }) =>
      estimateLlmExtract(session, input, signalOf(signal)),
    ),
    extractWithLanguageModel: host.extractWithLanguageModel.handler(
      async ({ input: { embedderFolder, ...given } }) => ({
        job: await startLlmExtract(session, { ...given, folder: folderOfEmbedder(session, embedderFolder) }),
      }),
    ),
    lookAtFile: host.lookAtFile.handler(({ input: { file, side } }) =>
      lookAtForgetFile(session.workspace(), session.grants.pathOf(file), side),
    ),
    importFile: host.importFile.handler(({ input: { file, ...wanted } }) =>
      importForgetFile(session, session.grants.pathOf(file), wanted),
    ),
    add: host.add.handler(({ input }) => addForgetConcept(session, input.text, input.weight)),
    change: host.change.handler(({ input: { id, ...changes } }) => changeForgetConcept(session, id, changes)),
    merge: host.merge.handler(({ input }) => mergeForgetConcepts(session, input.ids, input.text)),
    remove: host.remove.handler(async ({ input }) => {
      await removeForgetConcepts(session, input.ids)
      return null
    }),
  }
}
