import { SnipError } from '../../../../contract/failure.ts'
import { allowMany, type Clock } from '../clock.ts'
import { statusFailure } from './status-failure.ts'
import { TransportFailure } from './transport-failure.ts'
import { keyRemover } from './scrub.ts'

export interface GuardOptions {
  readonly origin: string
  readonly host: string
  readonly key: string | null
  readonly offline: () => boolean
  readonly fetch: typeof fetch
  readonly clock: Pick<Clock, 'wallTime'>
  /** Longest wait for an answer to begin, and for its next part. */
  readonly answerMs: number
  readonly silenceMs: number
  /** Longest time from the request to the end of its answer; files may take `filesTake` times as long. */
  readonly totalMs: number
  readonly userAgent: string
}

/** Most bytes of an answer. */
export const longestReply = 2 * 1024 ** 2
/** Vectors and files of batches are longer than answers. */
const longestVectors = 256 * 1024 ** 2
const longestFile = 1024 ** 3
const filesTake = 8

/**
 * The only way out: sends to one origin, nothing while offline, and no header but those named here. The key joins in here alone, so that
 * no package ever holds it. Redirects are refused, answers are read up to their limit and within time, and every failure is a
 * `TransportFailure` without the key.
 */
export function guardedFetch(options: GuardOptions): typeof fetch {
  const withoutKey = keyRemover(options.key)
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    if (options.offline()) throw offline()
    if (url.origin !== options.origin) {
      throw new TransportFailure(
        'llm-reply',
        'redirect',
        `A request for ${options.host} was about to go to another host`,
        'Report this.',
      )
    }
    const timer = new AnswerTimer(init.signal ?? null, totalOf(url.pathname, options.totalMs))
    try {
      timer.wait(options.answerMs)
      const response = await options.fetch(url, {
        method: init.method ?? 'GET',
        headers: allowedHeaders(new Headers(init.headers), options),
        redirect: 'manual',
        signal: timer.signal,
        ...(init.body === undefined ? {} : { body: init.body }),
        ...(init.body instanceof ReadableStream ? { duplex: 'half' } : {}),
      })
      const body = await readBody(response, limitOf(url.pathname), timer, options)
      const text = withoutKey(body)
      if (response.ok)
        return new Response(new Uint8Array(text), { status: response.status, headers: contentType(response) })
      throw statusFailure({
        status: response.status,
        headers: response.headers,
        body: text.toString('utf8'),
        host: options.host,
        path: url.pathname,
        key: options.key,
        wallTime: options.clock.wallTime(),
      })
    } catch (error) {
      if (error instanceof TransportFailure) throw error
      if (init.signal?.aborted === true) throw new SnipError('cancelled', 'Cancelled')
      if (timer.isLate) {
        throw new TransportFailure(
          'llm-unreachable',
          'network',
          timer.isOver
            ? `${options.host} did not come to the end of its answer in time`
            : `${options.host} did not answer in time`,
          'Try again later.',
          {
            retry: timer.isOver ? 'soon' : 'later',
            maybePaid: true,
          },
        )
      }
      throw networkFailure(error, options.host, timer.begun)
    } finally {
      timer.end()
    }
  }
}

export function offline(): SnipError {
  return new SnipError('offline', 'The offline switch is on: nothing is sent', {
    remedy: 'Turn it off in the settings, or leave out --offline.',
  })
}

/** Aborts when nothing comes for too long, when all of it takes too long, or when the caller gives up. */
class AnswerTimer {
  readonly #controller = new AbortController()
  readonly #caller: AbortSignal | null
  readonly #give = () => this.#controller.abort()
  readonly #total: NodeJS.Timeout
  #silence: NodeJS.Timeout | undefined
  isLate = false
  /** Late although something came all the time. */
  isOver = false
  /** Whether an answer with status 2xx has begun. */
  begun = false

  constructor(caller: AbortSignal | null, totalMs: number) {
    this.#caller = caller
    this.#total = setTimeout(() => {
      this.isOver = true
      this.#endLate()
    }, totalMs)
    if (caller?.aborted === true) this.#give()
    if (caller !== null) allowMany(caller)
    caller?.addEventListener('abort', this.#give, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  wait(milliseconds: number): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#endLate(), milliseconds)
  }

  end(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#total)
    this.#caller?.removeEventListener('abort', this.#give)
  }

  #endLate(): void {
    this.isLate = true
    this.#controller.abort()
  }
}

function allowedHeaders(given: Headers, { key, userAgent }: GuardOptions): Headers {
  const headers = new Headers({ accept: 'application/json', 'user-agent': userAgent })
  for (const name of ['content-type', 'idempotency-key']) {
    const value = given.get(name)
    if (value !== null) headers.set(name, value)
  }
  if (key !== null) headers.set('authorization', `Bearer ${key}`)
  return headers
}

function limitOf(path: string): number {
  if (path.endsWith('/content')) return longestFile
  return path.endsWith('/embeddings') ? longestVectors : longestReply
}

async function readBody(response: Response, limit: number, timer: AnswerTimer, options: GuardOptions): Promise<Buffer> {
  timer.begun = response.ok
  if (response.body === null) return Buffer.alloc(0)
  const parts: Uint8Array[] = []
  let size = 0
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  for (;;) {
    timer.wait(options.silenceMs)
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(parts)
    size += value.byteLength
    if (size > limit) {
      reader.cancel().catch(() => {})
      throw new TransportFailure(
        'llm-reply',
        'other',
        `${options.host} answered more than ${limit / 1024 ** 2} MiB`,
        'Choose another model.',
        {
          maybePaid: true,
        },
      )
    }
    parts.push(value)
  }
}

function totalOf(path: string, totalMs: number): number {
  return /\/files(?:\/|$)/.test(path) ? totalMs * filesTake : totalMs
}

function contentType(response: Response): Record<string, string> {
  return { 'content-type': response.headers.get('content-type') ?? 'application/octet-stream' }
}

/** Errors of sockets, names and certificates. */
function networkFailure(error: unknown, host: string, begun: boolean): TransportFailure {
  const code = codeOf(error)
  if (begun) {
    return new TransportFailure(
      'llm-unreachable',
      'network',
      `${host} broke off in the middle of its answer`,
      'Try again later.',
      {
        retry: 'later',
        maybePaid: true,
      },
    )
  }
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME|WRONG_VERSION/.test(code)) {
    return new TransportFailure(
      'llm-unreachable',
      'network',
      `${host} shows no certificate that can be trusted (${code})`,
      'Check the address, also whether it is http or https.',
    )
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new TransportFailure(
      'llm-unreachable',
      'network',
      `The name ${host} cannot be found`,
      'Check the address and the network.',
      { retry: 'later' },
    )
  }
  if (code === 'ECONNREFUSED') {
    return new TransportFailure(
      'llm-unreachable',
      'network',
      `Nothing listens at ${host}`,
      'Start the server, or check the address.',
      { retry: 'later' },
    )
  }
  const afterSending = code === 'ECONNRESET' || code.startsWith('UND_ERR_')
  return new TransportFailure(
    'llm-unreachable',
    'network',
    `${host} cannot be reached${code === '' ? '' : ` (${code})`}`,
    'Check the address and the network.',
    {
      retry: 'later',
      maybePaid: afterSending && code !== 'UND_ERR_CONNECT_TIMEOUT',
    },
  )
}

function codeOf(error: unknown): string {
  let at: unknown = error
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    const { code } = at as NodeJS.ErrnoException
    if (typeof code === 'string' && /^[A-Z_]+$/.test(code)) return code
    if (at instanceof AggregateError && at.errors.length > 0) at = at.errors[0]
    else at = at.cause
  }
  return ''
}
