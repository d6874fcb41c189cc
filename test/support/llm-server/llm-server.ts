import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  chatAnswer,
  completionAnswer,
  embeddingAnswer,
  hashOf,
  type ChatBody,
  type CompletionBody,
  type PlantedModel,
} from './answers.ts'
import { BatchDesk } from './batches.ts'
import type { Behaviour, Misbehaviour } from './behaviours.ts'

export interface LlmServerOptions {
  readonly model?: PlantedModel
  readonly behaviour?: Behaviour
  /** The only key that is let in; none is asked for when left out. */
  readonly key?: string
  /** Milliseconds before each answer. */
  readonly delayMs?: number
  readonly embeddingDimensions?: number
  readonly models?: readonly string[]
  /** Whether log probabilities and echoed completions are there. */
  readonly logprobs?: boolean
  readonly completions?: boolean
  /** The error by which chat requests with some parameters are refused; null for those that are taken. */
  readonly refuses?: (body: ChatBody) => RefusedRequest | null
  /** Whether a request with the idempotency key of an earlier one is answered as that was, and not charged again. */
  readonly idempotent?: boolean
  /** Of the requests of a batch the first, and every so many after it, are not answered. */
  readonly batchFailsEvery?: number
  /** How often a batch is asked after until it is done; once when left out. */
  readonly batchLooks?: number
  /** What is wrong with the answers of batches. */
  readonly batchMisbehaviour?: Misbehaviour
  /** Whether files of batches may not be deleted. */
  readonly filesStay?: boolean
}

export interface RefusedRequest {
  readonly message: string
  readonly code: string
  readonly param: string | null
}

/** One request as the server's log has it. `paid`: it was answered well, which is what a provider charges for. */
export interface LoggedRequest {
  readonly path: string
  readonly hash: string
  readonly authorization: string | null
  readonly body: unknown
  readonly idempotencyKey: string | null
  paid: boolean
  /** It was answered as the earlier request with its idempotency key. */
  replayed: boolean
}

export interface LlmServer {
  /** As providers are given it, with /v1. */
  readonly baseUrl: string
  readonly log: readonly LoggedRequest[]
  /** TCP connections that were ever opened. */
  readonly connections: number
  /** Requests open at this moment, and the most that ever were. */
  readonly open: number
  readonly mostOpen: number
  /** Files of batches that were not deleted. */
  readonly files: number
  /** Hashes of requests that were answered well more than once. */
  paidTwice(): string[]
  /** Takes effect for the requests that follow. */
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

const longestBody = 64 * 1024 * 1024

/** A local server that speaks as OpenAI's does, answers from a planted truth, and misbehaves when told to. */
export async function startLlmServer(options: LlmServerOptions = {}): Promise<LlmServer> {
  const desk = new LlmDesk(options)
  const server = createServer((request, response) => void desk.serve(request, response))
  server.on('connection', () => desk.connections++)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    log: desk.log,
    get connections() {
      return desk.connections
    },
    get open() {
      return desk.open
    },
    get mostOpen() {
      return desk.mostOpen
    },
    get files() {
      return desk.files
    },
    paidTwice: () => desk.paidTwice(),
    behave: (behaviour) => {
      desk.behaviour = behaviour
    },
    close: () => closeServer(server),
  }
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((closed) => server.close(() => closed()))
}

class LlmDesk {
  readonly log: LoggedRequest[] = []
  connections = 0
  open = 0
  mostOpen = 0
  behaviour: Behaviour
  readonly #options: LlmServerOptions
  readonly #model: PlantedModel
  readonly #batches: BatchDesk
  readonly #seen = new Map<string, number>()
  readonly #kept = new Map<string, { status: number; body: unknown }>()

  constructor(options: LlmServerOptions) {
    this.#options = options
    this.#model = options.model ?? { chat: () => 'words of any kind' }
    this.behaviour = options.behaviour ?? (() => null)
    this.#batches = new BatchDesk(
      (path, body) => this.#answer(path, body, options.batchMisbehaviour ?? null),
      options.batchFailsEvery ?? null,
      options.filesStay ?? false,
      options.batchLooks ?? 1,
    )
  }

  get files(): number {
    return this.#batches.files
  }

  paidTwice(): string[] {
    const paid = new Map<string, number>()
    for (const entry of this.log) if (entry.paid) paid.set(entry.hash, (paid.get(entry.hash) ?? 0) + 1)
    return [...paid].flatMap(([hash, times]) => (times > 1 ? [hash] : []))
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open++
    this.mostOpen = Math.max(this.mostOpen, this.open)
    response.on('close', () => this.open--)
    const path = new URL(request.url ?? '/', 'http://server').pathname
    const raw = await readBody(request)
    if (raw === null || response.destroyed) return
    const authorization = request.headers.authorization ?? null
    if (path.startsWith('/v1/files') || path.startsWith('/v1/batches')) {
      return this.#batches.serve(request.method ?? 'GET', path, raw, request.headers['content-type'] ?? '', response)
    }
    const body = raw.length === 0 ? null : parse(raw)
    const hash = hashOf([path, body])
    const repetition = this.#seen.get(hash) ?? 0
    this.#seen.set(hash, repetition + 1)
    const key = request.headers['idempotency-key']
    const idempotencyKey = typeof key === 'string' ? key : null
    const entry: LoggedRequest = { path, hash, authorization, body, idempotencyKey, paid: false, replayed: false }
    const index = this.log.push(entry) - 1
    const misbehaviour = this.behaviour({ index, repetition, path, body })
    if (this.#options.delayMs !== undefined) await sleep(this.#options.delayMs)
    if (response.destroyed) return
    if (this.#options.key !== undefined && authorization !== `Bearer ${this.#options.key}`) {
      return sendError(response, 401, 'Incorrect API key provided.', 'invalid_api_key')
    }
    if (misbehaviour !== null && misbehave(response, misbehaviour, authorization ?? '')) return
    const known =
      this.#options.idempotent === true && idempotencyKey !== null ? this.#kept.get(idempotencyKey) : undefined
    const answer = known ?? this.#answer(path, body, misbehaviour)
    entry.replayed = known !== undefined
    if (answer.status === 200) entry.paid = known === undefined
    if (this.#options.idempotent === true && idempotencyKey !== null) this.#kept.set(idempotencyKey, answer)
    const text = JSON.stringify(answer.body)
    if (misbehaviour?.kind === 'cut') {
      entry.paid = false
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      response.write(text.slice(0, text.length / 2), () => response.destroy())
      return
    }
    sendJson(response, answer.status, text)
  }

  #answer(path: string, body: unknown, misbehaviour: Misbehaviour | null): { status: number; body: unknown } {
    const models = this.#options.models ?? ['test-model', 'test-embedding']
    if (path === '/v1/models') {
      return {
        status: 200,
        body: { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' })) },
      }
    }
    const asked = (body as { model?: unknown } | null)?.model
    if (typeof asked !== 'string' || !models.includes(asked)) {
      return failure(404, `The model \`${String(asked)}\` does not exist`, 'model_not_found')
    }
    if (path === '/v1/chat/completions') {
      const chat = body as ChatBody
      const refused = this.#options.refuses?.(chat) ?? null
      if (refused !== null) return { status: 400, body: { error: { type: 'invalid_request_error', ...refused } } }
      if (chat.logprobs === true && this.#options.logprobs === false) {
        return failure(400, 'logprobs is not supported by this model', 'unsupported_parameter')
      }
      const text = textOf(misbehaviour, () => this.#model.chat(chat))
      const finish =
        misbehaviour?.kind === 'refused'
          ? 'content_filter'
          : misbehaviour?.kind === 'text'
            ? (misbehaviour.finish ?? 'stop')
            : 'stop'
      const answer = chatAnswer(chat, text, finish)(this.#model)
      if (misbehaviour?.kind === 'lying-usage') {
        const { promptTokens, completionTokens } = misbehaviour
        answer.usage = {
          prompt_tokens: promptTokens,
          completion_tokens: completionTokens,
          total_tokens: promptTokens + completionTokens,
        }
      }
      return { status: 200, body: answer }
    }
    if (path === '/v1/completions' && this.#options.completions !== false) {
      return { status: 200, body: completionAnswer(body as CompletionBody, this.#model) }
    }
    if (path === '/v1/embeddings') {
      const { input, model } = body as { input: string | string[]; model: string }
      const texts = typeof input === 'string' ? [input] : input
      const answered = misbehaviour?.kind === 'short-embeddings' ? texts.slice(1) : texts
      const answer = embeddingAnswer(model, answered, this.#options.embeddingDimensions ?? 64)
      if (misbehaviour?.kind === 'lying-usage') {
        const { promptTokens } = misbehaviour
        answer.usage = { prompt_tokens: promptTokens, total_tokens: promptTokens }
      }
      return { status: 200, body: answer }
    }
    return failure(404, `There is nothing at ${path}`, 'not_found')
  }
}

function textOf(misbehaviour: Misbehaviour | null, answer: () => string): string {
  switch (misbehaviour?.kind) {
    case 'empty':
    case 'refused':
      return ''
    case 'text':
      return misbehaviour.text
    case 'huge':
      return 'x'.repeat(misbehaviour.bytes)
    default:
      return answer()
  }
}

/** True when the response is dealt with. */
function misbehave(response: ServerResponse, misbehaviour: Misbehaviour, authorization: string): boolean {
  switch (misbehaviour.kind) {
    case 'own':
      misbehaviour.answer(response, authorization)
      return true
    case 'status': {
      if (misbehaviour.retryAfterSeconds !== undefined) {
        response.setHeader('retry-after', String(misbehaviour.retryAfterSeconds))
      }
      sendError(response, misbehaviour.status, `Answered ${misbehaviour.status} as told`, misbehaviour.code ?? 'test')
      return true
    }
    case 'stall':
      if (misbehaviour.hangsUpAfterMs !== undefined) setTimeout(() => response.destroy(), misbehaviour.hangsUpAfterMs)
      return true
    case 'bad-json':
      sendJson(response, 200, '{"choices": [{"message": {"content": "half')
      return true
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><title>Sign in</title>')
      return true
    case 'redirect':
      response.writeHead(307, { location: misbehaviour.location })
      response.end()
      return true
    default:
      return false
  }
}

function failure(status: number, message: string, code: string) {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code } } }
}

function sendError(response: ServerResponse, status: number, message: string, code: string): void {
  sendJson(response, status, JSON.stringify(failure(status, message, code).body))
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of request) {
      parts.push(part as Buffer)
      size += (part as Buffer).length
      if (size > longestBody) return null
    }
  } catch {
    // The client went in the middle of its request.
    return null
  }
  return Buffer.concat(parts)
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8')) as unknown
  } catch {
    return null
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
