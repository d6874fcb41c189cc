import { randomBytes } from 'node:crypto'
import { toFile } from 'openai'
import type { ChatRequest } from '../../../../core/concepts/language-model.ts'
import type { Charge } from '../budget/budget-meter.ts'
import { usualDialect, type Dialect } from '../client/dialects.ts'
import { chatBody } from '../client/wire.ts'
import type { BatchOutcome, BatchTask } from '../language-models.ts'
import { BatchLog, type OpenBatch } from './batch-log.ts'
import { deleteFiles, leaveServer, marksOf } from './leave-server.ts'
import { batchCharge, readAnswers, type BatchParts, type Unanswered } from './read-answers.ts'

/** Limits of OpenAI's Batch interface, with room. */
const mostRequests = 50_000
const mostBytes = 100 * 1024 ** 2
const pollMs = 30_000

interface Waiting {
  readonly hash: string
  readonly request: ChatRequest
}

/**
 * Has every request that is not in the journal answered in batches; first those that were handed in before. A batch that is given up is
 * cancelled at the server; files are deleted there as soon as nothing needs them, and tried again when the work goes on. Requests that were
 * refused for a parameter that the model does not take are handed in once more without it.
 */
export async function runBatches(
  parts: BatchParts,
  folder: string,
  waiting: readonly Waiting[],
  task: BatchTask,
): Promise<BatchOutcome> {
  const log = new BatchLog(folder)
  const failed = new Map<string, string>()
  const unanswered: Unanswered = { failed, askAnew: new Set() }
  const done: string[] = []
  const byHash = new Map(waiting.map((one) => [one.hash, one.request]))
  try {
    const known = await recover(parts, log, task.signal)
    const take = async (batch: OpenBatch, spoken: Dialect) => {
      await collect(parts, log, batch, byHash, unanswered, spoken, task)
      done.push(batch.batch!)
      await deleteFiles(parts, log, task.signal)
    }
    for (const batch of known) await take(batch, usualDialect(parts.client.address))
    // What a batch had not answered when it was cancelled is none that the server failed.
    const handedIn = new Set(known.flatMap(({ hashes, isCancelled }) => (isCancelled ? [] : hashes)))
    const isToAsk = ({ hash }: Waiting) => !handedIn.has(hash) || unanswered.askAnew.has(hash)
    let rest = waiting.filter((one) => isToAsk(one) && !parts.journal.has(one.hash))
    while (rest.length > 0) {
      for (const { hash } of rest) failed.delete(hash)
      unanswered.askAnew.clear()
      const spoken = parts.client.dialectOf(parts.model)
      for (const group of groupsOf(rest, (one) => lineOf(parts, one, spoken).length)) {
        // Until the end of a batch the most that it can cost is in the budget, as if it were one request.
        const most = mostOf(parts, group)
        parts.journal.checkRoom()
        await parts.meter.reserve(most, task.signal, group.length)
        try {
          await take(await handIn(parts, log, group, spoken, task.signal), spoken)
        } finally {
          parts.meter.settle(most, null, group.length)
        }
      }
      rest = rest.filter(({ hash }) => unanswered.askAnew.has(hash) && !parts.journal.has(hash))
    }
    // Those of before, that nothing was to be waited for.
    await deleteFiles(parts, log, task.signal)
    for (const { hash } of waiting) {
      if (!parts.journal.has(hash) && !failed.has(hash)) failed.set(hash, 'the batch ended without an answer to it')
    }
    return {
      answered: waiting.filter(({ hash }) => parts.journal.has(hash)).length,
      failed: [...failed].map(([hash, reason]) => ({ hash, reason })),
      batches: done,
      leftFiles: log.files().all,
    }
  } catch (error) {
    // Whatever that meets, what ended the work is the failure to be read.
    await leaveServer(parts, log, task).catch(() => {})
    throw error
  } finally {
    log.close()
  }
}

/** Batches that are not over. One whose id was not written down in time is looked for by its mark. */
async function recover(parts: BatchParts, log: BatchLog, signal: AbortSignal): Promise<OpenBatch[]> {
  const found: OpenBatch[] = []
  let marks: ReadonlyMap<string, string> | null = null
  for (const batch of log.open()) {
    if (batch.batch !== null) {
      found.push(batch)
      continue
    }
    marks ??= await marksOf(parts, signal)
    const id = marks.get(batch.mark)
    if (id === undefined) log.write({ what: 'over', mark: batch.mark })
    else {
      log.write({ what: 'created', mark: batch.mark, batch: id })
      found.push({ ...batch, batch: id })
    }
  }
  return found
}

function lineOf({ model }: BatchParts, { hash, request }: Waiting, spoken: Dialect): string {
  const line = {
    custom_id: hash,
    method: 'POST',
    url: '/v1/chat/completions',
    body: chatBody(model, spoken, request),
  }
  return `${JSON.stringify(line)}\n`
}

async function handIn(
  parts: BatchParts,
  log: BatchLog,
  group: readonly Waiting[],
  spoken: Dialect,
  signal: AbortSignal,
): Promise<OpenBatch> {
  const { client, model, purpose } = parts
  const mark = randomBytes(12).toString('hex')
  const hashes = group.map(({ hash }) => hash)
  const text = group.map((one) => lineOf(parts, one, spoken)).join('')
  const input = await client.run(
    {
      purpose,
      model,
      endpoint: 'files',
      send: async (openai, options) =>
        openai.files.create({ file: await toFile(Buffer.from(text), 'requests.jsonl'), purpose: 'batch' }, options),
    },
    signal,
  )
  log.noteFile(mark, input.id)
  log.write({ what: 'intent', mark, hashes })
  const tried = await client.attempt(
    {
      purpose,
      model,
      endpoint: 'batches',
      send: (openai, options) =>
        openai.batches.create(
          {
            input_file_id: input.id,
            endpoint: '/v1/chat/completions',
            completion_window: '24h',
            metadata: { snip: mark },
          },
          options,
        ),
    },
    signal,
  )
  if ('failed' in tried) {
    // Refused for certain: nothing is there to be looked for.
    if (!tried.failed.maybePaid) log.write({ what: 'over', mark })
    throw tried.failed.failure
  }
  log.write({ what: 'created', mark, batch: tried.answer.id })
  return { mark, batch: tried.answer.id, hashes, isCancelled: false }
}

function mostOf(parts: BatchParts, group: readonly Waiting[]): Charge {
  let promptTokens = 0
  let completionTokens = 0
  for (const { request } of group) {
    promptTokens += parts.counter.most(parts.counter.chat(request))
    completionTokens += request.maxTokens
  }
  return batchCharge(parts, promptTokens, completionTokens)
}

/** Waits for the end of a batch and writes its answers into the journal, in whatever order they come. */
async function collect(
  parts: BatchParts,
  log: BatchLog,
  { mark, batch, hashes }: OpenBatch,
  requests: ReadonlyMap<string, ChatRequest>,
  unanswered: Unanswered,
  spoken: Dialect,
  task: BatchTask,
): Promise<void> {
  const { client, model, purpose, clock } = parts
  const id = batch!
  for (;;) {
    const state = await client.run(
      {
        purpose,
        model,
        endpoint: 'batches',
        send: (openai, options) => openai.batches.retrieve(id, options),
      },
      task.signal,
    )
    task.report({ done: state.request_counts?.completed ?? 0, total: hashes.length, batch: id })
    if (['completed', 'failed', 'expired', 'cancelled'].includes(state.status)) {
      const expected = new Set(hashes)
      for (const file of [state.input_file_id, state.output_file_id, state.error_file_id]) {
        if (file) log.noteFile(mark, file)
      }
      for (const file of [state.output_file_id, state.error_file_id]) {
        if (file) await readAnswers(parts, file, expected, requests, unanswered, spoken, task.signal)
      }
      const words = `the batch ended as ${state.status}`
      const { failed } = unanswered
      for (const hash of hashes) if (!parts.journal.has(hash) && !failed.has(hash)) failed.set(hash, words)
      log.write({ what: 'over', mark })
      return
    }
    await clock.sleep(pollMs, task.signal)
  }
}

function groupsOf(waiting: readonly Waiting[], bytesOf: (one: Waiting) => number): Waiting[][] {
  const groups: Waiting[][] = []
  let bytes = 0
  for (const one of waiting) {
    const size = bytesOf(one)
    const last = groups.at(-1)
    if (last === undefined || last.length >= mostRequests || bytes + size > mostBytes) {
      groups.push([one])
      bytes = size
    } else {
      last.push(one)
      bytes += size
    }
  }
  return groups
}
