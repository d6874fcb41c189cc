import type OpenAI from 'openai'
import { SnipError } from '../../../contract/failure.ts'
import type { Price, Provider } from '../../../contract/workbench/providers.ts'
import type {
  ChatReply,
  ChatRequest,
  CompletionReply,
  CompletionRequest,
} from '../../../core/concepts/language-model.ts'
import { allowMany } from './clock.ts'
import type { AnswerDesk } from './answers/answer-desk.ts'
import type { Journal } from './answers/journal.ts'
import { isKeptReply } from './answers/kept-reply.ts'
import { requestHash } from './answers/request-hash.ts'
import { believableUsage, type BudgetMeter, type Charge } from './budget/budget-meter.ts'
import type { TokenCounter } from './budget/token-counter.ts'
import type { Dialect } from './client/dialects.ts'
import type { ProviderClient, SendOptions } from './client/provider-client.ts'
import { readChat, readCompletion } from './client/read-reply.ts'
import { chatBody, completionBody } from './client/wire.ts'
import { costOf } from './providers/price-table.ts'
import type { OpenLanguageModel } from './language-models.ts'
import { chatModelIdOf } from './model-id.ts'

/** What a model that is open works with. */
export interface ModelParts {
  readonly provider: Provider
  readonly model: string
  readonly client: ProviderClient
  readonly price: Price | null
  readonly counter: TokenCounter
  readonly desk: AnswerDesk
  readonly journal: Journal | null
  /** Keeps the journal open until the returned function is called. */
  readonly hold: () => () => void
  readonly meter: BudgetMeter
  readonly purpose: string
  readonly signal: AbortSignal | undefined
  /** Names this work, so that a request that is sent again after a kill can be told. */
  readonly workId: string
  readonly close: () => void
}

interface Asked<Reply extends { readonly usage: ChatReply['usage'] }> {
  readonly kind: 'chat' | 'completion'
  readonly endpoint: string
  readonly request: ChatRequest | CompletionRequest
  readonly countPrompt: () => number
  readonly countAnswer: (reply: Reply) => number
  readonly send: (openai: OpenAI, options: SendOptions, dialect: Dialect) => Promise<Reply>
}

/** A chat model of a server, whose answers are kept. */
export function openModel(parts: ModelParts): OpenLanguageModel {
  const { provider, model, client, counter, desk, journal, hold, meter } = parts
  const { host } = client.address
  let isClosed = false
  const hashOf = (kind: 'chat' | 'completion', request: unknown) =>
    requestHash(client.address.baseUrl, model, kind, request)

  function ask<Reply extends { readonly usage: ChatReply['usage'] }>(
    asked: Asked<Reply>,
    signal: AbortSignal,
  ): Promise<Reply> {
    if (isClosed) throw new SnipError('internal', 'A model was used after it was closed')
    allowMany(signal)
    const both = parts.signal === undefined ? signal : AbortSignal.any([signal, parts.signal])
    const hash = hashOf(asked.kind, asked.request)
    return desk.answer<Reply>(
      {
        hash,
        journal,
        hold,
        isReply: isKeptReply(asked.kind),
        reused: () => meter.countReuse(),
        send: (within, keep) => sendWithinBudget(parts, asked, hash, keep, within),
      },
      both,
    )
  }

  return {
    id: chatModelIdOf(provider),
    provider,
    isAnswered: (request) => desk.isAnswered(hashOf('chat', request), journal),
    chat: async (request, signal) =>
      ask<ChatReply>(
        {
          kind: 'chat',
          endpoint: 'chat/completions',
          request,
          countPrompt: () => counter.chat(request),
          countAnswer: ({ text }) => counter.text(text),
          send: (openai, options, dialect) =>
            openai.chat.completions
              .create(chatBody(model, dialect, request), options)
              .then((json) => readChat(json, host)),
        },
        signal,
      ),
    complete:
      provider.capabilities.echo === true
        ? async (request, signal) =>
            ask<CompletionReply>(
              {
                kind: 'completion',
                endpoint: 'completions',
                request,
                countPrompt: () => counter.completion(request),
                countAnswer: () => 0,
                send: (openai, options) =>
                  openai.completions
                    .create(completionBody(model, request), options)
                    .then((json) => readCompletion(json, host)),
              },
              signal,
            )
        : null,
    spending: () => meter.spending,
    close: () => {
      if (isClosed) return
      isClosed = true
      parts.close()
    },
  }
}

/** Takes the most a request can cost from the budget before it leaves, and keeps the answer before anybody sees it. */
async function sendWithinBudget<Reply extends { readonly usage: ChatReply['usage'] }>(
  { client, model, price, meter, journal, purpose, counter, workId }: ModelParts,
  asked: Asked<Reply>,
  hash: string,
  keep: (answer: Reply, charge: Charge) => void,
  signal: AbortSignal,
): Promise<Reply> {
  const mostCompletionTokens = asked.request.maxTokens
  let promptTokens = 0
  let most: Charge | null = null
  return client.run<Reply>(
    {
      purpose,
      model,
      endpoint: asked.endpoint,
      once: {
        identity: `${workId} ${hash}`,
        refusals: journal?.refusalsOf(hash) ?? 0,
        refused: () => journal?.noteRefusal(hash),
      },
      send: asked.send,
      before: async (within) => {
        journal?.checkRoom()
        promptTokens = asked.countPrompt()
        most = chargeOf(price, counter.most(promptTokens), mostCompletionTokens)
        await meter.reserve(most, within)
      },
      after: (end) => {
        const reserved = most
        if (reserved === null) return null
        if (!('answer' in end)) {
          const spent = end.maybePaid ? reserved : null
          meter.settle(reserved, spent)
          if (spent !== null) journal?.append({ hash: '', charge: spent })
          return spent
        }
        const usage = believableUsage(end.answer.usage, {
          promptTokens,
          mostPromptTokens: counter.most(promptTokens),
          completionTokens: asked.countAnswer(end.answer),
          mostCompletionTokens,
        })
        const spent = chargeOf(price, usage.promptTokens, usage.completionTokens)
        meter.settle(reserved, spent)
        meter.countCall()
        keep(end.answer, spent)
        return spent
      },
    },
    signal,
  )
}

export function chargeOf(price: Price | null, promptTokens: number, completionTokens: number): Charge {
  return { promptTokens, completionTokens, cost: costOf(price, promptTokens, completionTokens) }
}
