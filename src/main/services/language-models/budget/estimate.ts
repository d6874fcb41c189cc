import { breathe } from '../../breathe.ts'
import { throwIfAborted } from '../clock.ts'
import type { CountedRequest, Estimate } from '../language-models.ts'
import type { TokenCounter } from './token-counter.ts'

const requestsPerBreath = 50
/** As embeddings are asked for. */
export const textsPerRequest = 256

/** Counts what requests will take; the same request counts once. */
export async function countRequests(
  requests: Iterable<CountedRequest> | AsyncIterable<CountedRequest>,
  counter: TokenCounter,
  hashOf: (request: CountedRequest) => string,
  isAnswered: (hash: string, request: CountedRequest) => boolean,
  signal: AbortSignal,
): Promise<Pick<Estimate, 'calls' | 'answered' | 'promptTokens' | 'mostCompletionTokens'>> {
  const seen = new Set<string>()
  let calls = 0
  let texts = 0
  let answered = 0
  let promptTokens = 0
  let mostCompletionTokens = 0
  let number = 0
  for await (const request of requests) {
    if (++number % requestsPerBreath === 0) {
      await breathe()
      throwIfAborted(signal)
    }
    const hash = hashOf(request)
    if (seen.has(hash)) continue
    seen.add(hash)
    if (isAnswered(hash, request)) {
      answered++
      continue
    }
    if (request.kind !== 'embedding') calls++
    else texts++
    if (request.kind === 'chat') {
      promptTokens += counter.chat(request.request)
      mostCompletionTokens += request.request.maxTokens
    } else if (request.kind === 'completion') {
      promptTokens += counter.completion(request.request)
      mostCompletionTokens += request.request.maxTokens
    } else promptTokens += counter.text(request.text)
  }
  calls += Math.ceil(texts / textsPerRequest)
  return { calls, answered, promptTokens, mostCompletionTokens }
}
