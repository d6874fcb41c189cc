import { freemem } from 'node:os'
import { basename } from 'node:path'
import type { ModelFacts } from '../../../../contract/engine-host.ts'
import { SnipError } from '../../../../contract/failure.ts'
import type {
  ChatReply,
  ChatRequest,
  CompletionReply,
  CompletionRequest,
} from '../../../../core/concepts/language-model.ts'
import { decodeFloat64 } from '../../../engine-host/client/bulk.ts'
import type { ModelReference } from '../../engine/engine.ts'
import { estimateMemory } from '../../models/memory-estimate.ts'
import type { Models } from '../../models/models.ts'
import { sha256 } from '../../jobs/canonical-json.ts'

/** The engine is killed when a job of others is cancelled: that is no reason to give up here. */
const mostStarts = 3

/** A language model that our own engine runs. */
export class LocalRequests {
  readonly #models: Models
  readonly #model: ModelReference
  readonly #name: string
  #stopIds: readonly number[] | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(models: Models, model: ModelReference) {
    this.#models = models
    this.#model = model
    this.#name = basename(model.path)
  }

  /**
   * Reads the headers, and tells what decides every answer as one hash. Throws `out-of-memory` where the model's weights and its cache
   * would not fit, `unsupported-model` for one that does not continue texts.
   */
  async prepare(signal: AbortSignal): Promise<string> {
    const isLoaded = this.#models.engine.isOpen(this.#model)
    const facts = await this.#models.openAnew(this.#model, signal)
    if (facts.objective !== 'causal') {
      throw new SnipError('unsupported-model', `${this.#name} does not continue texts, which a language model must`, {
        remedy: 'Choose a model that was trained to chat.',
      })
    }
    if (!isLoaded) this.#checkMemory(facts)
    const { key, stopIds } = await this.#models.engine.client.chatFormat({ handle: facts.handle }, { signal })
    this.#stopIds = stopIds
    return sha256(JSON.stringify([await this.#models.modelHash(this.#model, signal), key]))
  }

  /** Tokens of a prompt. */
  async count(
    asked: { kind: 'chat'; request: ChatRequest } | { kind: 'completion'; request: CompletionRequest },
    signal: AbortSignal,
  ): Promise<number> {
    if (asked.kind === 'chat') return (await this.#promptOf(asked.request.messages, signal)).ids.length
    const { handle } = await this.#models.open(this.#model, signal)
    const text = asked.request.prompt
    const { ids } = await this.#models.engine.client.encode({ handle, text, specialTokens: false }, { signal })
    return ids.length
  }

  /** Answers a chat; greedy or drawn with the request's seed. Throws `bad-model` without a template, `llm-reply` for a chat that does not fit. */
  chat(request: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    return this.#inTurn(signal, async () => {
      const { ids, facts } = await this.#promptOf(request.messages, signal)
      const { handle, contextLength } = facts
      if (ids.length + request.maxTokens > contextLength) {
        const needs = `The question takes ${ids.length} tokens and its answer up to ${request.maxTokens}`
        throw new SnipError('llm-reply', `${needs}: ${this.#name} has a context of ${contextLength}`, {
          remedy: 'Use a model with a longer context.',
        })
      }
      const stopIds = await this.#stopIdsOf(handle, signal)
      const settings = {
        maxNewTokens: request.maxTokens,
        temperature: request.temperature,
        topP: request.topP,
        seed: request.seed ?? 0,
        stopIds,
      }
      const events = await this.#models.engine.client.generate({ handle, ids, plan: null, settings }, { signal })
      for await (const event of events) {
        if (event.kind !== 'done') continue
        const last = event.ids.at(-1)
        const hasEnded = last !== undefined && (stopIds.includes(last) || last === facts.tokenizer.endId)
        return {
          text: event.text,
          finish: hasEnded ? 'stop' : 'length',
          logprobs: null,
          usage: { promptTokens: ids.length, completionTokens: event.ids.length },
          model: this.#name,
        }
      }
      throw new SnipError('internal', 'The engine ended a text without its end')
    })
  }

  /**
   * Scores a prompt where numbers stand in it: behind every tab. The reply's tokens are the prompt cut at those places; each that begins with a
   * number's place has the log probabilities of the whole numbers from 0 to 10. Throws `bad-model` for a vocabulary that does not tell the digits.
   */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<CompletionReply> {
    if (!request.echo || request.maxTokens > 0) {
      throw new SnipError('llm-model', `${this.#name} scores prompts and continues none here`, {
        remedy: 'Use another scorer.',
      })
    }
    const { prompt } = request
    return this.#inTurn(signal, async () => {
      const { handle } = await this.#models.open(this.#model, signal)
      const read = await this.#models.engine.client.integersAfterTabs({ handle, text: prompt }, { signal })
      const logprobs = decodeFloat64(read.logprobs)
      const width = read.integers.length
      const cuts = [...read.slots, prompt.length]
      const tokens = read.slots.map((offset, slot) => ({
        token: prompt.slice(offset, cuts[slot + 1]),
        offset,
        top: read.integers.map((token, k) => ({ token, logprob: logprobs[slot * width + k]! })),
      }))
      return {
        tokens: [{ token: prompt.slice(0, cuts[0]), offset: 0, top: [] }, ...tokens],
        usage: { promptTokens: read.tokens, completionTokens: 0 },
        model: this.#name,
      }
    })
  }

  async #promptOf(messages: ChatRequest['messages'], signal: AbortSignal) {
    const facts = await this.#models.open(this.#model, signal)
    const request = { handle: facts.handle, messages: [...messages] }
    return { facts, ids: (await this.#models.engine.client.chatPrompt(request, { signal })).ids }
  }

  async #stopIdsOf(handle: string, signal: AbortSignal): Promise<number[]> {
    this.#stopIds ??= (await this.#models.engine.client.chatFormat({ handle }, { signal })).stopIds
    return [...this.#stopIds]
  }

  #checkMemory(facts: ModelFacts): void {
    const estimate = estimateMemory(facts, freemem()).purposes.find(({ purpose }) => purpose === 'generate')
    if (!estimate || estimate.fits) return
    const gigabytes = (estimate.bytes / 1024 ** 3).toFixed(1)
    throw new SnipError('out-of-memory', `${this.#name} needs some ${gigabytes} GiB, more than is free`, {
      remedy: 'Close other programs, or use a smaller model.',
    })
  }

  /** One request after the other: each takes all processors. */
  #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#withRestarts(signal, work))
    this.#last = turn.catch(() => {})
    return turn
  }

  async #withRestarts<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let start = 1; ; start++) {
      if (signal.aborted) throw new SnipError('cancelled', 'Cancelled')
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof SnipError) || error.kind !== 'host-died' || start >= mostStarts) throw error
      }
    }
  }
}
