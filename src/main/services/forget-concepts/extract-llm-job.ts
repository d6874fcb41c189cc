import { z } from 'zod'
import { budgetSchema } from '../../../contract/workbench/explaining.ts'
import { llmExtractSchema } from '../../../contract/workbench/forget-concepts.ts'
import { paperExtractPrompt } from '../../../core/concepts/prompts/extract-prompt.ts'
import { snipLlm } from '../../../core/concepts/extractors/snip-llm.ts'
import { resolveParams } from '../../../core/ranking/resolve-params.ts'
import { textsOfDataset } from '../datasets/load-dataset.ts'
import { embedTexts } from '../embedders/embed-texts.ts'
import { inPlainWords } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import type { Estimate } from '../language-models/index.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { folderOfRecording } from '../rankings/rank-job.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import { quietTask } from '../task.ts'
import { drawsEmbedder } from './draws-embedder.ts'
import { kindOfSide } from './extract-job.ts'
import { budgetOfMerging, estimateExtraction, extractWithLanguageModel } from './extract-llm.ts'
import { addNewConcepts } from './forget-concept-list.ts'

const jobParamsSchema = llmExtractSchema.omit({ embedderFolder: true }).extend({
  budget: budgetSchema.nullable(),
  /** Path of the folder of sentence-onnx. */
  folder: z.string().nullable().default(null),
})
type JobParams = z.infer<typeof jobParamsSchema>

export function registerExtractLlmJobs(session: WorkbenchSession): void {
  session.jobs.register('extract-llm', {
    params: jobParamsSchema,
    light: true,
    run: inPlainWords((params, task, folder) => runExtract(session, params, task, folder)),
  })
}

/** The extractor that asks a language model, with its presets and parameters. */
export function describeLlmExtractor() {
  const { id, name, citation, presets, params } = snipLlm
  return {
    id,
    name,
    citation,
    presets: Object.entries(presets).map(([preset, values]) => ({ id: preset, params: { ...values } })),
    params: z.toJSONSchema(params, { io: 'input' }) as Record<string, unknown>,
    examples: [...paperExtractPrompt.examples],
  }
}

export async function estimateLlmExtract(
  session: WorkbenchSession,
  asked: Pick<JobParams, 'data' | 'provider' | 'preset' | 'params' | 'seed'>,
  signal: AbortSignal,
): Promise<Estimate> {
  const texts = await textsOfDataset(session.workspace(), asked.data, quietTask(signal))
  return estimateExtraction(session.languageModels, { ...asked, texts }, signal)
}

export async function startLlmExtract(session: WorkbenchSession, params: JobParams): Promise<string> {
  resolveParams(snipLlm, params.preset, params.params)
  const { document } = datasetInUse(session.workspace(), params.data)
  const { chatModel } = session.languageModels.provider(params.provider)
  await embedderOf(session, params, new AbortController().signal)
  return session.jobs.start(
    'extract-llm',
    `Ask ${chatModel} for the ${params.side} concepts of ${document.name}`,
    params,
  )
}

async function runExtract(session: WorkbenchSession, params: JobParams, task: JobTask, folder: string): Promise<null> {
  const workspace = session.workspace()
  const texts = await textsOfDataset(session.workspace(), params.data, task)
  const choice = await embedderOf(session, params, task.signal)
  const { budget } = params
  const { concepts } = await extractWithLanguageModel(
    session.languageModels,
    {
      ...params,
      texts,
      folder,
      embed:
        choice === null
          ? null
          : (some) => embedTexts(embeddingServices(session), { ...choice, budget, journalFolder: folder }, some, task),
    },
    task,
  )
  const { known } = await addNewConcepts(workspace, concepts, kindOfSide[params.side])
  if (known > 0) task.warn(`${known} of ${concepts.length} concepts were in the list already and were left as they are`)
  return null
}

/** Who compares the wordings of several draws; what it needs is opened. */
function embedderOf(session: WorkbenchSession, params: JobParams, signal: AbortSignal) {
  const { embedder, provider, folder } = params
  const workspace = session.workspace()
  const isSubject = embedder === 'subject-sif'
  const recording = isSubject ? (folderOfRecording(workspace, evidenceInUse(workspace)) ?? null) : null
  const model = isSubject ? modelInUse(workspace).reference : null
  return drawsEmbedder(
    embeddingServices(session),
    { embedder, provider, folder, model, recording, budget: budgetOfMerging(params) },
    signal,
  )
}

function embeddingServices({ workbench: { models, cacheFolder }, languageModels }: WorkbenchSession) {
  return { models, languageModels, cacheFolder }
}
