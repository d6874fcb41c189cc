import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConcept } from '../../../contract/files.ts'
import {
  extractRequest,
  mergeDraws,
  readExtraction,
  snipLlm,
  type SnipLlmParameters,
} from '../../../core/concepts/extractors/snip-llm.ts'
import { normaliseRow } from '../../../core/concepts/embedders/vectors.ts'
import { resolveParams } from '../../../core/ranking/resolve-params.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { join } from 'node:path'
import type { Budget, CountedRequest, Estimate, LanguageModels, Spending } from '../language-models/index.ts'
import { moneyWords } from '../concepts/llm-progress.ts'
import { leavingWords } from '../language-models/leaving-words.ts'
import type { Task } from '../task.ts'

export interface LlmExtractRequest {
  readonly texts: readonly string[]
  readonly provider: string
  readonly preset: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly budget: Budget | null
  /** Folder that the answers go to as they came: requests.jsonl and replies.json. */
  readonly folder: string
  /** Embeds the wordings of several draws, one row after the other; null merges equal wordings only. */
  readonly embed: ((texts: readonly string[]) => Promise<{ dims: number; vectors: Float32Array }>) | null
}

export interface LlmExtraction {
  readonly concepts: readonly ForgetConcept[]
  /** Draws whose reply held no list, with the reason. */
  readonly failed: readonly string[]
  readonly spending: Spending
  readonly params: SnipLlmParameters
}

/**
 * Has a language model list the concepts of texts. The raw replies lie in `folder`; a reply without a list is a reason, never a concept.
 * Throws `llm-reply` when no draw held one.
 */
export async function extractWithLanguageModel(
  languageModels: LanguageModels,
  request: LlmExtractRequest,
  task: Task,
): Promise<LlmExtraction> {
  const { params, preset } = resolveParams(snipLlm, request.preset, request.params)
  const requests = requestsOf(request, params)
  makeFolder(request.folder)
  const model = await languageModels.open(request.provider, {
    purpose: 'listing concepts',
    budget: request.budget,
    journalFolder: request.folder,
    warn: (sentence) => task.warn(sentence),
  })
  try {
    const shown = Math.min(params.samples, request.texts.length)
    const what = shown === 1 ? '1 sample of the data' : `${shown} samples of the data`
    const leaving = leavingWords(model.provider, what, requests.length)
    if (leaving !== null) task.announce?.(leaving)
    let done = 0
    const readings = await Promise.all(
      requests.map(async (chat) => {
        const reply = await model.chat(chat, task.signal).catch((error: unknown) => {
          if (error instanceof SnipError && error.kind === 'llm-reply') return error
          throw error
        })
        task.report({
          stage: 'Listing concepts',
          done: ++done,
          total: requests.length,
          unit: 'draws',
          note: moneyWords(model.spending()),
        })
        if (reply instanceof SnipError) return { text: null, reading: { ok: false, reason: reply.message } as const }
        return { text: reply.text, reading: readExtraction(reply, params) }
      }),
    )
    writeJsonAside(join(request.folder, 'replies.json'), readings)
    const lists = readings.flatMap(({ reading }) => (reading.ok ? [reading.items] : []))
    const failed = readings.flatMap(({ reading }) => (reading.ok ? [] : [reading.reason]))
    if (lists.length === 0) {
      throw new SnipError('llm-reply', `No reply held concepts: ${failed[0] ?? 'there was none'}`, {
        remedy: 'Try again with another seed, fewer samples or another model.',
      })
    }
    for (const reason of failed) task.warn(`A reply was left out: ${reason}`)
    const cosine = lists.length > 1 ? await cosineOf(lists, request.embed) : null
    const concepts = mergeDraws(lists, cosine, params.mergeAbove).map(({ text, weight, draws }): ForgetConcept => ({
      text,
      weight,
      extractor: snipLlm.id,
      author: model.id,
      ...(preset === null ? {} : { preset }),
      draws,
      drawsOf: lists.length,
    }))
    return { concepts, failed, spending: model.spending(), params }
  } finally {
    model.close()
  }
}

/** Counts what an extraction would take; sends nothing. */
export function estimateExtraction(
  languageModels: LanguageModels,
  request: Pick<LlmExtractRequest, 'texts' | 'provider' | 'preset' | 'params' | 'seed'>,
  signal: AbortSignal,
): Promise<Estimate> {
  const { params } = resolveParams(snipLlm, request.preset, request.params)
  const counted = requestsOf(request, params).map((chat): CountedRequest => ({ kind: 'chat', request: chat }))
  return languageModels.estimate(request.provider, counted, { signal })
}

/** The budget that comparing wordings takes part in: none where a single draw leaves nothing to compare. */
export function budgetOfMerging(
  request: Pick<LlmExtractRequest, 'preset' | 'params' | 'budget'>,
): LlmExtractRequest['budget'] {
  return resolveParams(snipLlm, request.preset, request.params).params.draws > 1 ? request.budget : null
}

function requestsOf({ texts, seed }: Pick<LlmExtractRequest, 'texts' | 'seed'>, params: SnipLlmParameters) {
  if (texts.length === 0) throw new SnipError('bad-data', 'There is no text to show', { remedy: 'Choose other data.' })
  return Array.from({ length: params.draws }, (_, draw) => extractRequest(texts, params, seed, draw))
}

async function cosineOf(lists: readonly (readonly string[])[], embed: LlmExtractRequest['embed']) {
  if (embed === null) return null
  const texts = [...new Set(lists.flat())]
  const { dims, vectors } = await embed(texts)
  for (let row = 0; row < texts.length; row++) normaliseRow(vectors, row * dims, dims)
  const rows = new Map(texts.map((text, row) => [text, row]))
  return (a: string, b: string) => {
    const first = rows.get(a)! * dims
    const second = rows.get(b)! * dims
    let sum = 0
    for (let k = 0; k < dims; k++) sum += vectors[first + k]! * vectors[second + k]!
    return sum
  }
}
