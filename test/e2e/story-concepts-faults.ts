import type { ChatBody } from '../support/llm-server/answers.ts'
import type { Behaviour, Misbehaviour } from '../support/llm-server/behaviours.ts'

/** What goes well when it is asked again. */
const passing: readonly Misbehaviour[] = [
  { kind: 'status', status: 429, retryAfterSeconds: 1 },
  { kind: 'status', status: 500 },
  { kind: 'stall', hangsUpAfterMs: 400 },
  { kind: 'cut' },
  { kind: 'bad-json' },
]

/** What the server keeps to, and the reason that the neuron gets in the place of a sentence. */
const lasting: readonly (readonly [Misbehaviour, string])[] = [
  [{ kind: 'refused' }, 'the model refused to answer'],
  [{ kind: 'empty' }, 'the reply is empty'],
  [{ kind: 'text', text: "I'm sorry, but I can't help with that." }, 'the model refused to answer'],
  [{ kind: 'text', text: '神经元寻找的是数字和标点符号以及其他内容。' }, 'the reply is not in English'],
]

/** Every third neuron that the server is asked to name meets a fault, until each was met once. */
export function explainFaults(): { behaviour: Behaviour; left(): number; readonly reasons: readonly string[] } {
  const left = [...passing, ...lasting.map(([fault]) => fault)]
  const kept = new Set(lasting.map(([fault]) => fault))
  const asked = new Map<string, Misbehaviour | null>()
  return {
    behaviour({ path, body }) {
      if (path !== '/v1/chat/completions' || !asksForSentence(body as ChatBody)) return null
      const key = JSON.stringify(body)
      const known = asked.get(key)
      if (known !== undefined) return known !== null && kept.has(known) ? known : null
      const fault = asked.size % 3 === 2 ? (left.shift() ?? null) : null
      asked.set(key, fault)
      return fault
    },
    left: () => left.length,
    reasons: lasting.map(([, reason]) => reason),
  }
}

function asksForSentence({ messages }: ChatBody): boolean {
  return !messages.some(({ content }) => content.includes('What the neuron looks for:'))
}
