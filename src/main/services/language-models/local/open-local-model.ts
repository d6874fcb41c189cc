import { SnipError } from '../../../../contract/failure.ts'
import type { Provider } from '../../../../contract/workbench/providers.ts'
import type { ChatReply, CompletionReply } from '../../../../core/concepts/language-model.ts'
import type { AnswerDesk } from '../answers/answer-desk.ts'
import type { Journal } from '../answers/journal.ts'
import { isKeptReply } from '../answers/kept-reply.ts'
import { requestHash } from '../answers/request-hash.ts'
import type { BudgetMeter, Charge } from '../budget/budget-meter.ts'
import { allowMany } from '../clock.ts'
import type { OpenLanguageModel } from '../language-models.ts'
import { chatModelIdOf } from '../model-id.ts'
import type { LocalRequests } from './local-requests.ts'

export interface LocalModelParts {
  readonly provider: Provider
  readonly requests: LocalRequests
  /** Hash of all that decides an answer. */
  readonly key: string
  readonly desk: AnswerDesk
  readonly journal: Journal | null
  /** Keeps the journal open until the returned function is called. */
  readonly hold: () => () => void
  readonly meter: BudgetMeter
  readonly signal: AbortSignal | undefined
  readonly close: () => void
}

/** Names a request to a local model, wherever its folder lies. */
export function localRequestHash(key: string, kind: 'chat' | 'completion', request: unknown): string {
  return requestHash('local', key, kind, request)
}

/** The language model of a folder. Its answers are kept like those of servers; nothing is sent and the ledger stays as it is. */
export function openLocalModel(parts: LocalModelParts): OpenLanguageModel {
  const { provider, requests, key, desk, journal, hold, meter } = parts
  let isClosed = false

  async function ask<Reply extends ChatReply | CompletionReply>(
    kind: 'chat' | 'completion',
    request: { readonly maxTokens: number },
    count: (signal: AbortSignal) => Promise<number>,
    answer: (signal: AbortSignal) => Promise<Reply>,
    signal: AbortSignal,
  ): Promise<Reply> {
    if (isClosed) throw new SnipError('internal', 'A model was used after it was closed')
    allowMany(signal)
    const both = parts.signal === undefined ? signal : AbortSignal.any([signal, parts.signal])
    return desk.answer<Reply>(
      {
        hash: localRequestHash(key, kind, request),
        journal,
        hold,
        isReply: isKeptReply(kind),
        reused: () => meter.countReuse(),
        send: async (within, keep) => {
          const hasCap = meter.budget !== null && meter.budget.maxTokens !== null
          const most = chargeOf(hasCap ? await count(within) : 0, request.maxTokens)
          await meter.reserve(most, within)
          let spent: Charge | null = null
          try {
            const reply = await answer(within)
            spent = chargeOf(reply.usage?.promptTokens ?? 0, reply.usage?.completionTokens ?? 0)
            meter.countCall()
            keep(reply, spent)
            return reply
          } finally {
            meter.settle(most, spent)
          }
        },
      },
      both,
    )
  }

  return {
    id: chatModelIdOf(provider),
    provider,
    isAnswered: (request) => desk.isAnswered(localRequestHash(key, 'chat', request), journal),
    chat: (request, signal) =>
      ask<ChatReply>(
        'chat',
        request,
        (within) => requests.count({ kind: 'chat', request }, within),
        (within) => requests.chat(request, within),
        signal,
      ),
    complete: (request, signal) =>
      ask<CompletionReply>(
        'completion',
        request,
        (within) => requests.count({ kind: 'completion', request }, within),
        (within) => requests.complete(request, within),
        signal,
      ),
    spending: () => meter.spending,
    close: () => {
      if (isClosed) return
      isClosed = true
      parts.close()
    },
  }
}

/** It costs nothing. */
function chargeOf(promptTokens: number, completionTokens: number): Charge {
  return { promptTokens, completionTokens, cost: 0 }
}
