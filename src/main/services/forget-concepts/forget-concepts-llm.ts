import type { ForgetConcept } from '../../../contract/files.ts'
import { forgetConceptSchema } from '../../../contract/files.ts'
import { snipLlm } from '../../../core/concepts/extractors/snip-llm.ts'
import { writeAside } from '../../files/write-aside.ts'
import { requestFolderOf } from '../concepts/request-folder.ts'
import { loadData, type DataRequest } from '../data-in-use/data-in-use.ts'
import { embedTexts, type EmbeddingServices } from '../embedders/embed-texts.ts'
import { jsonLines } from '../files-of-lines.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import type { Budget, Estimate, LanguageModels, Spending } from '../language-models/index.ts'
import type { Task } from '../task.ts'
import { drawsEmbedder, type DrawsEmbedder } from './draws-embedder.ts'
import { budgetOfMerging, estimateExtraction, extractWithLanguageModel } from './extract-llm.ts'

export const snipLlmId = snipLlm.id

export interface LlmForgetConceptsRequest {
  readonly forget: DataRequest
  readonly provider: string
  readonly preset: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly budget: Budget | null
  readonly out: string
  /** Who compares the wordings of several draws. */
  readonly draws: Omit<DrawsEmbedder, 'provider'>
}

export interface LlmForgetConceptsOutcome {
  readonly concepts: readonly ForgetConcept[]
  /** Hash of the documents in use. */
  readonly dataHash: string
  readonly failed: readonly string[]
  readonly spending: Spending
}

/** Has a language model list the concepts of a data set and writes forget.jsonl; its raw replies lie in OUT.requests. */
export async function listForgetConcepts(
  services: EmbeddingServices & { readonly languageModels: LanguageModels },
  request: LlmForgetConceptsRequest,
  task: Task,
): Promise<LlmForgetConceptsOutcome> {
  refuseOutput(request.out, forgetConceptSchema, 'forget concepts')
  const { documents, dataHash } = await loadData(request.forget, task)
  const { provider, preset, params, seed, budget } = request
  const choice = await drawsEmbedder(
    services,
    { ...request.draws, provider, budget: budgetOfMerging(request) },
    task.signal,
  )
  const folder = requestFolderOf(request.out)
  const { concepts, failed, spending } = await extractWithLanguageModel(
    services.languageModels,
    {
      texts: documents.map(({ text }) => text),
      provider,
      preset,
      params,
      seed,
      budget,
      folder,
      embed:
        choice === null
          ? null
          : (texts) => embedTexts(services, { ...choice, budget, journalFolder: folder }, texts, task),
    },
    task,
  )
  writeAside(request.out, jsonLines(concepts))
  return { concepts, dataHash, failed, spending }
}

export async function estimateForgetConcepts(
  languageModels: LanguageModels,
  request: Pick<LlmForgetConceptsRequest, 'forget' | 'provider' | 'preset' | 'params' | 'seed'>,
  task: Task,
): Promise<Estimate> {
  const { documents } = await loadData(request.forget, task)
  const texts = documents.map(({ text }) => text)
  return estimateExtraction(languageModels, { ...request, texts }, task.signal)
}
