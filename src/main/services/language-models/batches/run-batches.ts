import { randomBytes } from 'node:crypto'
import { toFile } from 'openai'
import { SnipError } from '../../../../contract/failure.ts'
import type { ChatReply, ChatRequest } from '../../../../core/concepts/language-model.ts'
import { believableUsage, type Charge } from '../budget/budget-meter.ts'
import type { Clock } from '../clock.ts'
import { readChat } from '../client/read-reply.ts'
import { chatBody } from '../client/wire.ts'
import type { Journal } from '../answers/journal.ts'
import type { BatchOutcome, BatchTask } from '../language-models.ts'
import { chargeOf, type ModelParts } from '../open-model.ts'
import { BatchLog, type OpenBatch } from './batch-log.ts'

/** Limits of OpenAI's Batch interface, with room. */
const mostRequests = 50_000
const mostBytes = 100 * 1024 ** 2
const pollMs = 30_000

export interface BatchParts extends ModelParts {
  readonly journal: Journal
  readonly clock: Clock
  /** What a batch costs of the price of its requests one by one. */
  readonly priceFactor: number
}

interface Waiting {
  readonly hash: string
  readonly request: ChatRequest
}

/** Has every request that is not in the journal answered in batches; first those that were handed in before. */
export async function runBatches(
  parts: BatchParts,
  folder: string,
  waiting: readonly Waiting[],
  task: BatchTask,
): Promise<BatchOutcome> {
  const log = new BatchLog(folder)
  const failed = new Map<string, string>()
  const done: string[] = []
  const byHash = new Map(waiting.map((one) => [one.hash, one.request]))
  try {
    const known = await recover(parts, log, task.signal)
    const handedIn = new Set(known.flatMap(({ hashes }) => hashes))
    const rest = waiting.filter(({ hash }) => !handedIn.has(hash) && !parts.journal.has(hash))
    for (const batch of known) await collect(parts, log, batch, byHash, failed, done, task)
    for (const group of groupsOf(rest, (one) => lineOf(parts, one).length)) {
      const batch = await handIn(parts, log, group, task.signal)
      await collect(parts, log, batch, byHash, failed, done, task)
    }
  } finally {
    log.close()
  }
  for (const { hash } of waiting) {
    if (!parts.journal.has(hash) && !failed.has(hash)) failed.set(hash, 'the batch ended without an answer to it')
  }
  return {
    answered: waiting.filter(({ hash }) => parts.journal.has(hash)).length,
    failed: [...failed].map(([hash, reason]) => ({ hash, reason })),
    batches: done,
  }
}

/** Batches that are not over. One whose id was not written down in time is looked for by its mark. */
async function recover(parts: BatchParts, log: BatchLog, signal: AbortSignal): Promise<OpenBatch[]> {
  const found: OpenBatch[] = []
  let marks: Map<string, string> | null = null
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

async function marksOf({ client, model, purpose }: BatchParts, signal: AbortSignal): Promise<Map<string, string>> {
  return client.run(
    {
      purpose,
      model,
      endpoint: 'batches',
      send: async (openai, options) => {
        const page = await openai.batches.list({ limit: 100 }, options)
        return new Map(
          page.data.flatMap(({ id, metadata }) => (metadata?.['snip'] ? [[metadata['snip'], id] as const] : [])),
        )
      },
    },
    signal,
  )
}

function lineOf({ model, client }: BatchParts, { hash, request }: Waiting): string {
  const line = {
    custom_id: hash,
    method: 'POST',
    url: '/v1/chat/completions',
    body: chatBody(model, client.address, request),
  }
  return `${JSON.stringify(line)}\n`
}

async function handIn(
  parts: BatchParts,
  log: BatchLog,
  group: readonly Waiting[],
  signal: AbortSignal,
): Promise<OpenBatch> {
  const { client, model, purpose, journal, meter } = parts
  journal.checkRoom()
  const most = mostOf(parts, group)
  // Batches are in the budget as soon as they are handed in; what they cost in truth is known at their end.
  await meter.reserve(most, signal)
  meter.settle(most, null)
  const mark = randomBytes(12).toString('hex')
  const hashes = group.map(({ hash }) => hash)
  const text = group.map((one) => lineOf(parts, one)).join('')
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
  return { mark, batch: tried.answer.id, hashes }
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

function batchCharge({ price, priceFactor }: BatchParts, promptTokens: number, completionTokens: number): Charge {
  const charge = chargeOf(price, promptTokens, completionTokens)
  return { ...charge, cost: charge.cost === null ? null : charge.cost * priceFactor }
}

/** Waits for the end of a batch and writes its answers into the journal, in whatever order they come. */
async function collect(
  parts: BatchParts,
  log: BatchLog,
  { mark, batch, hashes }: OpenBatch,
  requests: ReadonlyMap<string, ChatRequest>,
  failed: Map<string, string>,
  done: string[],
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
      for (const file of [state.output_file_id, state.error_file_id]) {
        if (file) await readAnswers(parts, file, expected, requests, failed, task.signal)
      }
      const words = `the batch ended as ${state.status}`
      for (const hash of hashes) if (!parts.journal.has(hash) && !failed.has(hash)) failed.set(hash, words)
      log.write({ what: 'over', mark })
      done.push(id)
      return
    }
    await clock.sleep(pollMs, task.signal)
  }
}

async function readAnswers(
  parts: BatchParts,
  file: string,
  expected: ReadonlySet<string>,
  requests: ReadonlyMap<string, ChatRequest>,
  failed: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { client, model, purpose, journal, meter } = parts
  await client.run<string>(
    {
      purpose,
      model,
      endpoint: 'files',
      send: async (openai, options) => (await openai.files.content(file, options)).text(),
      after: (end) => {
        if (!('answer' in end)) return null
        const sum = { promptTokens: 0, completionTokens: 0, cost: 0 as number | null }
        for (const text of end.answer.split('\n')) {
          const read = readLine(text, expected, client.address.host)
          if (read === null || journal.has(read.hash)) continue
          if (!('reply' in read)) {
            failed.set(read.hash, read.reason)
            continue
          }
          const spent = chargeOfReply(parts, read.reply, requests.get(read.hash))
          meter.add(spent)
          meter.countCall()
          journal.append({ hash: read.hash, charge: spent, reply: read.reply })
          sum.promptTokens += spent.promptTokens
          sum.completionTokens += spent.completionTokens
          sum.cost = sum.cost === null || spent.cost === null ? null : sum.cost + spent.cost
        }
        return sum
      },
    },
    signal,
  )
}

function chargeOfReply(parts: BatchParts, reply: ChatReply, request: ChatRequest | undefined): Charge {
  const promptTokens = request === undefined ? 0 : parts.counter.chat(request)
  const usage = believableUsage(reply.usage, {
    promptTokens,
    mostPromptTokens: parts.counter.most(promptTokens),
    completionTokens: parts.counter.text(reply.text),
    mostCompletionTokens: request?.maxTokens ?? 0,
  })
  return batchCharge(parts, usage.promptTokens, usage.completionTokens)
}

type ReadLine =
  | { readonly hash: string; readonly reply: ChatReply }
  | { readonly hash: string; readonly reason: string }

/** A line of a batch's output; null for one that answers none of our requests. */
function readLine(text: string, expected: ReadonlySet<string>, host: string): ReadLine | null {
  let line: { custom_id?: unknown; response?: { status_code?: unknown; body?: unknown } | null } | null
  try {
    line = JSON.parse(text) as typeof line
  } catch {
    return null
  }
  const hash = line?.custom_id
  if (typeof hash !== 'string' || !expected.has(hash)) return null
  const status = line?.response?.status_code
  if (status !== 200)
    return { hash, reason: typeof status === 'number' ? `the server answered ${status}` : 'it was not answered' }
  try {
    return { hash, reply: readChat(line?.response?.body, host) }
  } catch (error) {
    return { hash, reason: error instanceof SnipError ? error.message : 'its answer could not be read' }
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
