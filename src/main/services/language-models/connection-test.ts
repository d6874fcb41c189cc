import { SnipError, toSnipError } from '../../../contract/failure.ts'
import type {
  Capabilities,
  ConnectionProblem,
  ConnectionTest,
  Price,
  Provider,
} from '../../../contract/workbench/providers.ts'
import type { ChatRequest, TokenUsage } from '../../../core/concepts/language-model.ts'
import { believableUsage } from './budget/budget-meter.ts'
import type { TokenCounter } from './budget/token-counter.ts'
import type { Clock } from './clock.ts'
import { chargeOf } from './open-model.ts'
import type { Attempted, ProviderClient } from './client/provider-client.ts'
import { readChat, readCompletion, readVectors } from './client/read-reply.ts'
import { chatBody, completionBody } from './client/wire.ts'

const purpose = 'connection test'
const mostModels = 200
const question = 'Answer with the word yes.'

/** Asks a server a few short questions, without waiting for a turn, and says what is wrong, or what it can do. One attempt each. */
export async function testConnection(
  provider: Provider,
  client: ProviderClient,
  priceOf: (model: string) => Price | null,
  counter: TokenCounter,
  clock: Clock,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const begun = clock.now()
  const { host } = client.address
  const { chatModel, embeddingModel } = provider
  const untried: Capabilities = { logprobs: null, echo: null, embeddingDimensions: null, testedAt: null }
  let models: string[] = []

  const end = (problem: ConnectionProblem | null, message: string, remedy: string | null, capabilities = untried) => ({
    ok: problem === null,
    problem,
    message,
    remedy,
    models,
    capabilities,
    milliseconds: Math.max(0, Math.round(clock.now() - begun)),
  })
  async function attempt<T extends { readonly usage: TokenUsage | null } | readonly string[]>(
    request: Pick<Attempted<T>, 'model' | 'endpoint' | 'send'>,
  ) {
    const after: Attempted<T>['after'] = (ended) => {
      if (!('answer' in ended) || !('usage' in ended.answer)) return null
      const isChat = 'text' in ended.answer && typeof ended.answer.text === 'string'
      const asked = isChat ? counter.chat(shortest) : counter.text(question)
      const usage = believableUsage(ended.answer.usage, {
        promptTokens: asked,
        mostPromptTokens: counter.most(asked),
        completionTokens: isChat ? counter.text(String(ended.answer.text)) : 0,
        mostCompletionTokens: isChat ? shortest.maxTokens : 0,
      })
      return chargeOf(priceOf(request.model), usage.promptTokens, usage.completionTokens)
    }
    for (;;) {
      const tried = await client.attempt<T>({ purpose, isUrgent: true, ...request, after }, signal)
      if (!('failed' in tried) || !tried.isAdapted) return tried
    }
  }

  try {
    const listed = await attempt<readonly string[]>({
      model: '',
      endpoint: 'models',
      send: (openai, options) => openai.get<unknown>('/models', options).then((json) => readModels(json, host)),
    })
    if ('answer' in listed) models = listed.answer.slice(0, mostModels)
    // Some servers do not list their models: that alone is no fault.
    else if (!isMissing(listed.failed.problem)) return end(listed.failed.problem, ...wordsOf(listed.failed.failure))

    const chat = (more: Partial<ChatRequest>) =>
      attempt({
        model: chatModel,
        endpoint: 'chat/completions',
        send: (openai, options, dialect) =>
          openai.chat.completions
            .create(chatBody(chatModel, dialect, { ...shortest, ...more }), options)
            .then((json) => readChat(json, host)),
      })
    const plain = await chat({})
    if ('failed' in plain) return end(plain.failed.problem, ...wordsOf(plain.failed.failure))
    const withLogprobs = await chat({ topLogprobs: 2 })
    const logprobs =
      'answer' in withLogprobs && (withLogprobs.answer.logprobs?.some(({ top }) => top.length > 0) ?? false)
    const echoed = await attempt({
      model: chatModel,
      endpoint: 'completions',
      send: (openai, options) =>
        openai.completions
          .create(completionBody(chatModel, { prompt: question, maxTokens: 0, echo: true, topLogprobs: 2 }), options)
          .then((json) => readCompletion(json, host)),
    })
    // A server that echoes begins at the beginning of the prompt and scores what follows.
    const echo =
      'answer' in echoed && echoed.answer.tokens[0]?.offset === 0 && (echoed.answer.tokens[1]?.top.length ?? 0) > 0
    const capabilities: Capabilities = { logprobs, echo, embeddingDimensions: null, testedAt: clock.wallTime() }
    const wellWords = (can: Capabilities) =>
      [
        canWords(host, can),
        ...(client.dialectOf(chatModel).without.includes('temperature') ? [noTemperatureWords(chatModel)] : []),
        ...(plain.answer.text === '' && plain.answer.finish === 'length' ? [silentWords(chatModel)] : []),
      ].join(' ')
    if (embeddingModel === null) return end(null, wellWords(capabilities), null, capabilities)

    const embedded = await attempt({
      model: embeddingModel,
      endpoint: 'embeddings',
      send: (openai, options) =>
        openai.embeddings
          .create({ model: embeddingModel, input: [question], encoding_format: 'float' }, options)
          .then((json) => readVectors(json, 1, host)),
    })
    if ('failed' in embedded) {
      const [message, remedy] = wordsOf(embedded.failed.failure)
      return end(
        embedded.failed.problem,
        `The chat model answers; the embedding model does not. ${message}`,
        remedy,
        capabilities,
      )
    }
    const all = { ...capabilities, embeddingDimensions: embedded.answer.vectors[0]?.length ?? null }
    return end(null, wellWords(all), null, all)
  } catch (error) {
    const failure = toSnipError(error)
    if (failure.kind === 'cancelled') throw failure
    return end(failure.kind === 'offline' ? 'offline' : 'other', ...wordsOf(failure))
  }
}

const shortest: ChatRequest = {
  messages: [{ role: 'user', content: question }],
  maxTokens: 16,
  temperature: 0,
  topP: 1,
  seed: null,
  topLogprobs: null,
}

function readModels(json: unknown, host: string): string[] {
  const data = typeof json === 'object' && json !== null ? (json as { data?: unknown }).data : undefined
  if (!Array.isArray(data)) {
    throw new SnipError('llm-reply', `${host} is no server that speaks as OpenAI's do`, {
      remedy: 'Check the address; it usually ends in /v1.',
    })
  }
  return data.flatMap((model: unknown) => {
    const id = typeof model === 'object' && model !== null ? (model as { id?: unknown }).id : undefined
    return typeof id === 'string' ? [id.slice(0, 200)] : []
  })
}

function isMissing(problem: ConnectionProblem): boolean {
  return problem === 'url' || problem === 'model'
}

function canWords(host: string, { logprobs, echo, embeddingDimensions }: Capabilities): string {
  const can = [
    logprobs === true ? 'log probabilities' : 'no log probabilities',
    echo === true ? 'scored prompts' : 'no scored prompts',
    ...(embeddingDimensions === null ? [] : [`embeddings of ${embeddingDimensions} numbers`]),
  ]
  return `${host} answers: ${can.join(', ')}.`
}

function noTemperatureWords(model: string): string {
  return `${model} takes no temperature: it is asked without one, and its answers vary.`
}

function silentWords(model: string): string {
  return `${model} wrote nothing within ${shortest.maxTokens} tokens: it may reason unseen, and short answers may stay empty.`
}

function wordsOf({ message, remedy }: SnipError): [string, string | null] {
  return [message, remedy ?? null]
}
