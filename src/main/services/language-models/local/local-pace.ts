import { SnipError } from '../../../../contract/failure.ts'
import type { Clock } from '../clock.ts'
import type { LocalRequests } from './local-requests.ts'

/** How fast a model is on this machine, in tokens a second: those of prompts, and those of its answers. */
export interface LocalPace {
  readonly read: number
  readonly written: number
}

const writtenAtMost = 16
/** Long enough that a start's fixed share hardly counts, short enough for a context of 256 tokens. */
const prompt = `Write a list of as many animals as you can: ${'cat, dog, horse, cow, '.repeat(8)}`

/** Has the model answer a short chat, and measures it; the first answer loads it and does not count. Null where so short a chat does not fit. */
export async function measurePace(
  requests: LocalRequests,
  clock: Clock,
  signal: AbortSignal,
): Promise<LocalPace | null> {
  const answer = async (maxTokens: number) => {
    const messages = [{ role: 'user', content: prompt }] as const
    const begun = clock.now()
    const { usage } = await requests.chat(
      { messages, maxTokens, temperature: 0, topP: 1, seed: 0, topLogprobs: null },
      signal,
    )
    return { usage: usage ?? { promptTokens: 0, completionTokens: 0 }, seconds: (clock.now() - begun) / 1000 }
  }
  try {
    await answer(1)
    const short = await answer(1)
    const long = await answer(writtenAtMost)
    const read = perSecond(short.usage.promptTokens, short.seconds)
    const more = long.usage.completionTokens - 1
    // One that ends its answer at once was not seen to write: it is as slow as a whole answer, at least.
    const written = more > 0 ? perSecond(more, long.seconds - short.seconds) : perSecond(1, long.seconds)
    return { read, written }
  } catch (error) {
    if (error instanceof SnipError && error.kind === 'llm-reply') return null
    throw error
  }
}

/** Seconds that prompts and answers of so many tokens take. */
export function secondsAt({ read, written }: LocalPace, promptTokens: number, completionTokens: number): number {
  return promptTokens / read + completionTokens / written
}

function perSecond(tokens: number, seconds: number): number {
  return tokens / Math.max(seconds, 0.001)
}
