import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
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
import { quietTask } from '../task.ts'
import { kindOfSide } from './extract-job.ts'
import { estimateExtraction, extractWithLanguageModel } from './extract-llm.ts'
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
  const { chatModel, embeddingModel, name } = session.languageModels.provider(params.provider)
  if (params.embedder === 'openai-compatible' && embeddingModel === null) {
    throw new SnipError('bad-argument', `No embedding model is set for ${name}`, { remedy: 'Set one in the settings.' })
  }
  if (params.embedder === 'sentence-onnx') {
    if (params.folder === null) {
      throw new SnipError('bad-argument', 'No sentence model was chosen to compare wordings with', {
        remedy: 'Choose its folder.',
      })
    }
    // Before anything is asked and paid for.
    await session.workbench.engine.client.sentenceModel({ folder: params.folder })
  }
  return session.jobs.start(
    'extract-llm',
    `Ask ${chatModel} for the ${params.side} concepts of ${document.name}`,
    params,
  )
}

async function runExtract(session: WorkbenchSession, params: JobParams, task: JobTask, folder: string): Promise<null> {
  const workspace = session.workspace()
  const texts = await textsOfDataset(session.workspace(), params.data, task)
  const { models, cacheFolder } = session.workbench
  const { languageModels } = session
  const { provider, budget, folder: sentenceFolder } = params
  const ofProvider = languageModels.provider(provider).embeddingModel === null ? null : 'openai-compatible'
  const embedder = params.embedder === undefined ? ofProvider : params.embedder
  const subject = { model: { path: '', tokenizer: null }, recording: null }
  const choice = { ...subject, folder: sentenceFolder, provider, budget, journalFolder: folder }
  const services = { models, languageModels, cacheFolder }
  const { concepts } = await extractWithLanguageModel(
    languageModels,
    {
      ...params,
      texts,
      folder,
      embed: embedder === null ? null : (some) => embedTexts(services, { ...choice, embedder }, some, task),
    },
    task,
  )
  const { known } = await addNewConcepts(workspace, concepts, kindOfSide[params.side])
  if (known > 0) task.warn(`${known} of ${concepts.length} concepts were in the list already and were left as they are`)
  return null
}
