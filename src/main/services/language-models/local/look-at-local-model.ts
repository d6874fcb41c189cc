import { SnipError, toSnipError, type FailureKind } from '../../../../contract/failure.ts'
import type { ConnectionTest } from '../../../../contract/workbench/providers.ts'
import { throwIfAborted, type Clock } from '../clock.ts'
import type { CountedRequest, Estimate } from '../language-models.ts'
import { localCapabilities } from './local-provider.ts'
import { measurePace, type LocalPace } from './local-pace.ts'
import type { LocalRequests } from './local-requests.ts'
import { localRequestHash } from './open-local-model.ts'

/** Failures that its files are the cause of. */
const ofTheModel: ReadonlySet<FailureKind> = new Set(['bad-model', 'bad-tokenizer', 'unsupported-model'])

/** Opens a local model and has it answer a short chat: what is wrong with it, or what it can do and how fast. */
export async function testLocally(
  requestsOf: () => LocalRequests,
  name: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const begun = clock.now()
  const end = (problem: ConnectionTest['problem'], message: string, remedy: string | null, echo: boolean) => ({
    ok: problem === null,
    problem,
    message,
    remedy,
    models: [name],
    capabilities: { ...localCapabilities, echo, testedAt: clock.wallTime() },
    milliseconds: Math.max(0, Math.round(clock.now() - begun)),
  })
  try {
    const requests = requestsOf()
    await requests.prepare(signal)
    const pace = await measurePace(requests, clock, signal)
    const scores = await requests
      .complete({ prompt: 'a\tunknown', maxTokens: 0, echo: true, topLogprobs: 11 }, signal)
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof SnipError && error.kind === 'bad-model') return false
          throw error
        },
      )
    const abilities = scores ? 'scored prompts' : 'no scored prompts'
    return end(null, `${name} answers: ${paceWords(pace)}${abilities}.`, null, scores)
  } catch (error) {
    const { kind, message, remedy = null } = toSnipError(error)
    if (kind === 'cancelled') throw error
    return end(ofTheModel.has(kind) ? 'model' : 'other', message, remedy, false)
  }
}

function paceWords(pace: LocalPace | null): string {
  if (pace === null) return ''
  const digits = (value: number) => Number(value.toPrecision(2)).toLocaleString('en-US')
  return `reads ${digits(pace.read)} and writes ${digits(pace.written)} tokens/s, `
}

/** Counts what requests will take, by the model's own template and tokenizer; the same request counts once. */
export async function countLocally(
  model: LocalRequests,
  key: string,
  requests: Iterable<CountedRequest> | AsyncIterable<CountedRequest>,
  isAnswered: (hash: string) => boolean,
  signal: AbortSignal,
): Promise<Pick<Estimate, 'calls' | 'answered' | 'promptTokens' | 'mostCompletionTokens' | 'tokenizer'>> {
  const seen = new Set<string>()
  const counted = { calls: 0, answered: 0, promptTokens: 0, mostCompletionTokens: 0 }
  for await (const request of requests) {
    throwIfAborted(signal)
    if (request.kind === 'embedding') {
      throw new SnipError('bad-argument', 'A language model that runs here embeds no texts', {
        remedy: 'Choose the folder of a sentence-embedding model.',
      })
    }
    const hash = localRequestHash(key, request.kind, request.request)
    if (seen.has(hash)) continue
    seen.add(hash)
    if (isAnswered(hash)) {
      counted.answered++
      continue
    }
    counted.calls++
    counted.promptTokens += await model.count(request, signal)
    counted.mostCompletionTokens += request.request.maxTokens
  }
  return { ...counted, tokenizer: { name: "the model's own", exact: true } }
}
