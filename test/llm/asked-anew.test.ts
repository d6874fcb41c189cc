import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SnipError } from '../../src/contract/failure.ts'
import { conceptSchema } from '../../src/contract/files.ts'
import { explainWithLanguageModel, type LlmExplainRequest } from '../../src/main/services/concepts/explain-llm.ts'
import { estimateExplaining } from '../../src/main/services/concepts/llm-estimate.ts'
import { readJsonLines } from '../../src/main/services/files-of-lines.ts'
import { quietTask, type Task } from '../../src/main/services/task.ts'
import { snipIn } from '../cli/snip.ts'
import type { ChatBody } from '../support/llm-server/answers.ts'
import type { Behaviour } from '../support/llm-server/behaviours.ts'
import type { LlmServerOptions } from '../support/llm-server/llm-server.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { modelsWithMadeUpEvidence, writeRecordingOf } from '../support/made-up-evidence.ts'
import { bench } from '../unit/language-models/support.ts'

const { path } = snipIn('asked-anew')
const neurons = 12
writeRecordingOf(path('recording'), [neurons])
const refused = ['mlp:0:2', 'mlp:0:5', 'mlp:0:11']

const asksAbout = (body: unknown, of: readonly string[]) =>
  of.some((neuron) => new RegExp(`word${neuron.split(':')[2]}\\b`).test((body as ChatBody).messages.at(-1)!.content))

/** Refuses to name some neurons. */
const refusing =
  (of: readonly string[]): Behaviour =>
  ({ body }) =>
    asksAbout(body, of) ? { kind: 'text', text: "I'm sorry, but I can't help with that." } : null

/** A program with a cache of its own, and a server that refuses to name three of twelve neurons. */
async function refusedOnce(options: LlmServerOptions = {}) {
  const made = await bench({ model: plantedWords([]), idempotent: true, ...options })
  const { models: languageModels, id: provider, server } = made
  server.behave(refusing(refused))
  const common = {
    explainer: 'summary',
    scorer: null,
    calibration: 'none',
    samples: 1,
    seed: 1,
    recording: path('recording'),
    neurons: 'all',
    provider,
    budget: null,
    extend: false,
    control: 0,
    tokenizer: null,
    model: { path: '', tokenizer: null },
  } as const
  const run = (out: string, more: Partial<LlmExplainRequest> = {}, task: Partial<Task> = {}) =>
    explainWithLanguageModel(
      modelsWithMadeUpEvidence(),
      languageModels,
      { ...common, out: path(out), ...more },
      { ...quietTask(), ...task },
    )
  const estimate = (out: string, more: Partial<LlmExplainRequest> = {}) =>
    estimateExplaining(
      modelsWithMadeUpEvidence(),
      languageModels,
      { ...common, extends: path(out), ...more },
      quietTask(),
    )
  return { run, estimate, server }
}

const failuresOf = (out: string) =>
  readJsonLines(path(out), conceptSchema, 'concepts').flatMap(({ neuron, status, failedAnswers }) =>
    status === 'failed' ? [[neuron, failedAnswers]] : [],
  )

test('neurons whose answer was no concept are left out, and asked anew with a question that is sent', async () => {
  const { run, estimate, server } = await refusedOnce()
  await run('concepts.jsonl')
  expect(failuresOf('concepts.jsonl')).toEqual(refused.map((neuron) => [neuron, 1]))
  // By default nothing is left to ask, and the failures stay as they are.
  const sent = server.log.length
  await expect(run('concepts.jsonl', { extend: true })).rejects.toThrow('but for 3 whose answer was no concept')
  expect(server.log.length).toBe(sent)
  const anew = { extend: true, askAnew: true }
  expect(await estimate('concepts.jsonl', anew)).toMatchObject({ neurons: 3, calls: 3, answered: 0, leftOut: 0 })
  expect(server.log.length).toBe(sent)
  // Two of them are refused once more.
  server.behave(refusing(refused.slice(1)))
  expect(await run('concepts.jsonl', anew)).toMatchObject({ explained: 1, failed: 2, leftOut: 0 })
  expect(server.log.length).toBe(sent + 3)
  expect(failuresOf('concepts.jsonl')).toEqual(refused.slice(1).map((neuron) => [neuron, 2]))
  server.behave(() => null)
  expect(await run('concepts.jsonl', anew)).toMatchObject({ explained: 2, failed: 0, spending: { calls: 17 } })
  expect(failuresOf('concepts.jsonl')).toEqual([])
  // Each attempt is another question to the server too, under a key of its own.
  expect(server.paidTwice()).toEqual([])
  expect(new Set(server.log.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(neurons + 5)
  expect(JSON.stringify(server.log.map(({ body }) => body))).not.toContain('attempt')
})

test('a number of neurons goes on with the next ones, and says how many it left out', async () => {
  const { run, estimate } = await refusedOnce()
  const file = (top: number) => ({ file: path('list.txt'), top })
  writeFileSync(path('list.txt'), Array.from({ length: neurons }, (_, index) => `mlp:0:${index}\n`).join(''))
  await run('some.jsonl', { neurons: file(6) })
  expect(failuresOf('some.jsonl')).toHaveLength(2)
  const next = { extend: true, neurons: file(3) }
  // The first three without a sentence are 2, 5 and 6.
  expect(await estimate('some.jsonl', next)).toMatchObject({ neurons: 3, calls: 3, leftOut: 2 })
  const { concepts, leftOut } = await run('some.jsonl', next)
  expect(leftOut).toBe(2)
  expect(concepts.slice(-3).map(({ neuron }) => neuron)).toEqual(['mlp:0:6', 'mlp:0:7', 'mlp:0:8'])
  const both = await run('some.jsonl', { ...next, askAnew: true })
  expect(both.concepts.slice(-3).map(({ neuron }) => neuron)).toEqual(['mlp:0:2', 'mlp:0:5', 'mlp:0:9'])
})

test('what the server itself failed to answer is no answer: those are asked again as before', async () => {
  const { run, server } = await refusedOnce()
  server.behave(({ body }) => (asksAbout(body, refused) ? { kind: 'status', status: 403 } : null))
  await run('forbidden.jsonl')
  expect(failuresOf('forbidden.jsonl')).toEqual(refused.map((neuron) => [neuron, undefined]))
  server.behave(refusing(refused))
  expect(await run('forbidden.jsonl', { extend: true })).toMatchObject({ failed: 3, leftOut: 0 })
  // A later failure of the server keeps in mind that there was an answer.
  server.behave(() => ({ kind: 'status', status: 403 }))
  await expect(run('forbidden.jsonl', { extend: true, askAnew: true })).rejects.toThrow('403')
  expect(failuresOf('forbidden.jsonl')).toEqual(refused.map((neuron) => [neuron, 1]))
})

test('asking anew that is cut, capped and gone on with pays nothing twice and ends in the same bytes', async () => {
  const whole = await refusedOnce()
  const cut = await refusedOnce()
  const anew = { extend: true, askAnew: true }
  for (const [out, { run, server }] of [
    ['whole.jsonl', whole],
    ['cut.jsonl', cut],
  ] as const) {
    await run(out)
    server.behave(refusing(refused.slice(1)))
  }
  await whole.run('whole.jsonl', anew)
  const report: Task['report'] = () => {
    throw new SnipError('cancelled', 'Cut')
  }
  await expect(cut.run('cut.jsonl', anew, { report })).rejects.toThrow('Cut')
  // The file is as it was: the attempts are the same when it goes on.
  expect(failuresOf('cut.jsonl')).toEqual(refused.map((neuron) => [neuron, 1]))
  const capped = await cut.run('cut.jsonl', { ...anew, budget: { maxCost: null, maxTokens: 1 } })
  expect(capped.skipped + capped.failed + capped.explained).toBe(3)
  const unfinished = ['cut.jsonl.partial.jsonl', 'cut.jsonl.before.jsonl'].map(
    (name) => [name, readFileSync(path(name))] as const,
  )
  await cut.run('cut.jsonl', anew)
  const bytesOf = (out: string) => readFileSync(path(out), 'utf8').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
  expect(bytesOf('cut.jsonl')).toBe(bytesOf('whole.jsonl'))
  // As a kill would leave it that came when the file was there already, and what is unfinished not yet gone.
  for (const [name, bytes] of unfinished) writeFileSync(path(name), bytes)
  await cut.run('cut.jsonl', anew)
  expect(bytesOf('cut.jsonl')).toBe(bytesOf('whole.jsonl'))
  expect(cut.server.log.filter(({ paid }) => paid)).toHaveLength(neurons + 3)
  expect(cut.server.paidTwice()).toEqual([])
  expect(readdirSync(path()).filter((name) => /partial|before|\.lock/.test(name))).toEqual([])
})

test('batches ask anew as well', async () => {
  const { run, server } = await refusedOnce()
  await run('batched.jsonl')
  const sent = server.log.length
  const outcome = await run('batched.jsonl', { extend: true, askAnew: true, inBatches: true })
  expect(outcome).toMatchObject({ explained: 3, failed: 0 })
  expect(server.log.length).toBe(sent)
})
