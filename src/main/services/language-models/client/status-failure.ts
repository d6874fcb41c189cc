import { refusedParameter, type RefusedParameter } from './dialects.ts'
import { retryAfterOf } from './retry-after.ts'
import { quoted } from './scrub.ts'
import { TransportFailure } from './transport-failure.ts'

/** An answer with another status than 2xx. */
export interface RefusedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly host: string
  readonly path: string
  readonly key: string | null
  readonly wallTime: number
}

/** What a status means: which of key, address, model, quota or server is at fault. */
export function statusFailure(answer: RefusedAnswer): TransportFailure {
  const { status, host, path, key } = answer
  const said = wordsOf(answer.body)
  const { message, code } = said
  const words = message === '' ? '' : `: ${quoted(message, key)}`
  if (status >= 300 && status < 400) return redirectFailure(answer)
  if (status === 401 || status === 407) {
    return key === null
      ? new TransportFailure(
          'llm-key',
          'key',
          `${host} asks for a key, and none is set`,
          'Set the key of this provider.',
        )
      : new TransportFailure('llm-key', 'key', `${host} does not accept the key`, 'Set the key of this provider again.')
  }
  if (status === 403) {
    return new TransportFailure(
      'llm-key',
      'key',
      `${host} does not let this key do that (403)${words}`,
      'Use a key that may, or another model.',
    )
  }
  if (status === 402 || (status === 429 && /quota|billing|credit|balance/i.test(code))) {
    return new TransportFailure(
      'llm-quota',
      'quota',
      `The account at ${host} has no quota left${words}`,
      'Raise the limit or add credit there.',
    )
  }
  if (status === 404) {
    return /model/i.test(code) || /\bmodel\b/i.test(message)
      ? new TransportFailure(
          'llm-model',
          'model',
          `${host} does not know the model${words}`,
          'Choose one of its models.',
        )
      : new TransportFailure(
          'llm-unreachable',
          'url',
          `There is nothing at ${path} of ${host}`,
          'Check the address; it usually ends in /v1.',
        )
  }
  const retryAfterMs = retryAfterOf(answer.headers, answer.wallTime)
  if (status === 429) {
    return new TransportFailure(
      'llm-quota',
      'quota',
      `${host} takes no more requests for now${words}`,
      'Wait, or lower the concurrency.',
      {
        retry: 'slower',
        retryAfterMs,
      },
    )
  }
  if (status === 504 || status === 524) {
    // A gateway gave up waiting. Whoever works behind it may go on, and charge.
    return new TransportFailure(
      'llm-unreachable',
      'network',
      `${host} did not hear in time from the server behind it (${status})${words}`,
      'Try again later.',
      {
        retry: 'later',
        retryAfterMs,
        maybePaid: true,
      },
    )
  }
  if (status === 408 || status === 409 || status === 425 || (status >= 500 && status !== 501)) {
    return new TransportFailure(
      'llm-unreachable',
      'other',
      `${host} is in trouble (${status})${words}`,
      'Try again later.',
      {
        retry: 'later',
        retryAfterMs,
      },
    )
  }
  const isUrl = status === 405 || status === 501
  return isUrl
    ? new TransportFailure(
        'llm-unreachable',
        'url',
        `${host} has no such call (${status})`,
        'Check the address; it usually ends in /v1.',
      )
    : new TransportFailure(
        'llm-model',
        'model',
        `${host} refuses the request (${status})${words}`,
        'Choose another model, or shorter texts.',
        { refuses: refusedParameter(status, said) },
      )
}

/** The parameter that an answer with another status than 2xx refuses; null for one that refuses something else. */
export function refusedIn(status: number, body: string): RefusedParameter | null {
  return refusedParameter(status, wordsOf(body))
}

function redirectFailure({ headers, host, key, status }: RefusedAnswer): TransportFailure {
  const to = headers.get('location') ?? ''
  const target = URL.canParse(to, `http://${host}`) ? new URL(to, `http://${host}`) : null
  const isAbsolute = URL.canParse(to)
  const name =
    target === null
      ? 'nowhere'
      : target.host !== host
        ? target.host
        : `${isAbsolute ? target.origin : ''}${target.pathname}`
  return new TransportFailure(
    'llm-reply',
    'redirect',
    `${host} sends requests on to ${quoted(name, key)} (${status}); nothing was sent there`,
    'When that is the server you mean, give its address.',
  )
}

/** The words of an error, its code and the parameter that it names, as OpenAI, vLLM, llama.cpp and Ollama write it. */
function wordsOf(body: string): { message: string; code: string; param: string } {
  let json: unknown
  try {
    json = JSON.parse(body.slice(0, 65_536))
  } catch {
    return { message: '', code: '', param: '' }
  }
  const outer = asRecord(json)
  const inner = asRecord(outer['error'])
  const texts = [inner['message'], outer['error'], outer['message'], outer['detail']]
  const codes = [inner['code'], inner['type'], outer['code']].filter((code) => typeof code === 'string')
  const { param } = inner
  return {
    message: texts.find((text) => typeof text === 'string') ?? '',
    code: codes.join(' '),
    param: typeof param === 'string' ? param : '',
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
