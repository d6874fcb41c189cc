import { expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { inParallel } from '../../../src/main/services/concepts/llm-pool.ts'

async function* numbers(count: number): AsyncGenerator<number, void> {
  for (let number = 0; number < count; number++) yield number
}

/** Works on ten numbers, three at a time; number 1 fails at once, the others end after it. */
async function run(failure: Error) {
  const stop = new AbortController()
  const begun: number[] = []
  const ended: number[] = []
  const all = inParallel(numbers(10), 3, stop, async (number) => {
    begun.push(number)
    if (number === 1) throw failure
    await new Promise((later) => setImmediate(later))
    if (stop.signal.aborted) throw new SnipError('cancelled', 'Cancelled')
    ended.push(number)
  })
  const thrown = await all.catch((error: unknown) => error)
  return { thrown, begun, ended }
}

test('a cap that is reached begins nothing new, and what is under way ends well', async () => {
  const cap = new SnipError('budget', 'The cap is reached')
  expect(await run(cap)).toEqual({ thrown: cap, begun: [0, 1, 2], ended: [0, 2] })
})

test('anything else stops what is under way, too', async () => {
  const refused = new SnipError('llm-key', 'The key was refused')
  expect(await run(refused)).toEqual({ thrown: refused, begun: [0, 1, 2], ended: [] })
})
