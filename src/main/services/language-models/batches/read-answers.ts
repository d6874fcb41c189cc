import { SnipError } from '../../../../contract/failure.ts'
import type { ChatReply, ChatRequest } from '../../../../core/concepts/language-model.ts'
import type { Journal } from '../answers/journal.ts'
import { believableUsage, type Charge } from '../budget/budget-meter.ts'
import type { Dialect, RefusedParameter } from '../client/dialects.ts'
import { readChat } from '../client/read-reply.ts'
import { refusedIn } from '../client/status-failure.ts'
import type { Clock } from '../clock.ts'
import { chargeOf, type ModelParts } from '../open-model.ts'

/** What became of the requests of batches that have no answer. */
export interface Unanswered {
  /** Why. */
  readonly failed: Map<string, string>
  /** Those refused for a parameter that the model does not take: asked without it, they may be answered. */
  readonly askAnew: Set<string>
}

export interface BatchParts extends ModelParts {
  readonly journal: Journal
  readonly clock: Clock
  /** What a batch costs of the price of its requests one by one. */
  readonly priceFactor: number
}

/** What tokens cost in a batch. */
export function batchCharge(
  { price, priceFactor }: BatchParts,
  promptTokens: number,
  completionTokens: number,
): Charge {
  const charge = chargeOf(price, promptTokens, completionTokens)
  return { ...charge, cost: charge.cost === null ? null : charge.cost * priceFactor }
}

/** Reads a file of answers to requests in a dialect into the journal; those that are none are noted in `unanswered`. */
export async function readAnswers(
  parts: BatchParts,
  file: string,
  expected: ReadonlySet<string>,
  requests: ReadonlyMap<string, ChatRequest>,
  { failed, askAnew }: Unanswered,
  spoken: Dialect,
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
            if (read.refuses !== null && client.learn(model, spoken, read.refuses)) askAnew.add(read.hash)
            continue
          }
          const { most, spent } = chargesOfReply(parts, read.reply, requests.get(read.hash))
          if (most === null) meter.add(spent)
          else meter.addOne(most, spent)
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

/** What a reply took, and the most that it was to take; null where its request is not known any more. */
function chargesOfReply(parts: BatchParts, reply: ChatReply, request: ChatRequest | undefined) {
  const promptTokens = request === undefined ? 0 : parts.counter.chat(request)
  const mostPromptTokens = parts.counter.most(promptTokens)
  const mostCompletionTokens = request?.maxTokens ?? 0
  const completionTokens = parts.counter.text(reply.text)
  const usage = believableUsage(reply.usage, {
    promptTokens,
    mostPromptTokens,
    completionTokens,
    mostCompletionTokens,
  })
  const most = request === undefined ? null : batchCharge(parts, mostPromptTokens, mostCompletionTokens)
  return { most, spent: batchCharge(parts, usage.promptTokens, usage.completionTokens) }
}

type ReadLine =
  | { readonly hash: string; readonly reply: ChatReply }
  | { readonly hash: string; readonly reason: string; readonly refuses: RefusedParameter | null }

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
  if (typeof status !== 'number') return { hash, reason: 'it was not answered', refuses: null }
  if (status !== 200) {
    const refuses = refusedIn(status, JSON.stringify(line?.response?.body ?? null))
    return { hash, reason: `the server answered ${status}`, refuses }
  }
  try {
    return { hash, reply: readChat(line?.response?.body, host) }
  } catch (error) {
    return { hash, reason: error instanceof SnipError ? error.message : 'its answer could not be read', refuses: null }
  }
}
