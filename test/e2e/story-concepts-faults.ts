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

/** What the server keeps to: the neuron gets a reason in the place of a sentence. */
const lasting: readonly Misbehaviour[] = [
  { kind: 'refused' },
  { kind: 'empty' },
  { kind: 'text', text: "I'm sorry, but I can't help with that." },
  { kind: 'text', text: '神经元寻找的是数字和标点符号以及其他内容。' },
]

/** Every third neuron that the server is asked to name meets a fault, until each was met once. */
export function explainFaults(): { behaviour: Behaviour; left(): number; readonly lasting: number } {
  const left = [...passing, ...lasting]
  const asked = new Map<string, Misbehaviour | null>()
  return {
    behaviour({ path, body }) {
      if (path !== '/v1/chat/completions' || !asksForSentence(body as ChatBody)) return null
      const key = JSON.stringify(body)
      const known = asked.get(key)
      if (known !== undefined) return known !== null && lasting.includes(known) ? known : null
      const fault = asked.size % 3 === 2 ? (left.shift() ?? null) : null
      asked.set(key, fault)
      return fault
    },
    left: () => left.length,
    lasting: lasting.length,
  }
}

function asksForSentence({ messages }: ChatBody): boolean {
  return !messages.some(({ content }) => content.includes('What the neuron looks for:'))
}
