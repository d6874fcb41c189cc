import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChatRequest } from '../src/core/concepts/language-model.ts'
import { createLanguageModels } from '../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../src/main/services/language-models/secrets/session-secrets.ts'
import { startLlmServer } from '../test/support/llm-server/llm-server.ts'
import { spread } from './harness/alternate.ts'
import { readOptions, report } from './harness/report.ts'

const { quick } = readOptions()
const inFlight = 50
const calls = quick ? 200 : 1000
const repeats = quick ? 3 : 7

/** As long as a question with three examples: the same examples in all, and a window of its own in each. */
const examples = Array.from({ length: 9 }, (_, at) => ({
  role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
  content: `${at} `.concat('the quick brown fox\t7\n'.repeat(100)),
}))

function requestOf(text: string): ChatRequest {
  const question = { role: 'user' as const, content: `${text}: ${'some token\t3\n'.repeat(64)}` }
  return { messages: [...examples, question], maxTokens: 60, temperature: 0, topP: 1, seed: 1, topLogprobs: null }
}

/** CPU time of this process for each call, the client's and the server's: what our side adds cannot be more. */
async function perCall(
  ask: (request: ChatRequest) => Promise<unknown>,
  run: string,
): Promise<{ wallMs: number; cpuMs: number }> {
  const requests = Array.from({ length: calls }, (_, at) => requestOf(`${run} ${at}`))
  const cpu = process.cpuUsage()
  const begun = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < requests.length) await ask(requests[next++]!)
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: (performance.now() - begun) / calls, cpuMs: (user + system) / 1000 / calls }
}

const folder = mkdtempSync(join(tmpdir(), 'snip-bench-llm-'))
const server = await startLlmServer({ model: { chat: () => 'words about foxes that are quick and brown' } })
try {
  const models = createLanguageModels({
    dataFolder: join(folder, 'data'),
    cacheFolder: join(folder, 'cache'),
    offline: () => false,
    secrets: new SessionSecrets(),
  })
  const { id } = await models.save({
    id: null,
    name: 'bench',
    baseUrl: server.baseUrl,
    chatModel: 'test-model',
    embeddingModel: null,
    concurrency: inFlight,
    plainHttpAllowed: false,
  })
  const journalFolder = join(folder, 'job')
  mkdirSync(journalFolder)
  const budget = { maxCost: 1000, maxTokens: 1e9 }
  const model = await models.open(id, { purpose: 'bench', budget, journalFolder })
  const { signal } = new AbortController()
  const bare = async (request: ChatRequest) => {
    const body = JSON.stringify({ model: 'test-model', messages: request.messages, max_tokens: request.maxTokens })
    const response = await fetch(`${server.baseUrl}/chat/completions`, { method: 'POST', body })
    return response.json()
  }
  const ours = (request: ChatRequest) => model.chat(request, signal)
  await perCall(bare, 'warm')
  await perCall(ours, 'warm')
  const added: { wall: number; cpu: number }[] = []
  for (let at = 0; at < repeats; at++) {
    const without = await perCall(bare, `${at}`)
    const with_ = await perCall(ours, `${at}`)
    added.push({ wall: with_.wallMs - without.wallMs, cpu: with_.cpuMs - without.cpuMs })
  }
  const what = `a call of a language model beyond a bare fetch, ${inFlight} in flight`
  const target = { relation: 'at most', value: 5 } as const
  report({
    kind: 'amount',
    name: `${what}: time`,
    unit: 'ms',
    value: spread(added.map(({ wall }) => wall)),
    count: repeats,
    target,
  })
  report({
    kind: 'amount',
    name: `${what}: CPU`,
    unit: 'ms',
    value: spread(added.map(({ cpu }) => cpu)),
    count: repeats,
    target,
  })
  const again: number[] = []
  for (let at = 0; at < repeats; at++) again.push((await perCall(ours, `${at}`)).wallMs)
  report({
    kind: 'amount',
    name: 'an answer that is in the journal',
    unit: 'ms',
    value: spread(again),
    count: repeats,
    target: null,
  })
  model.close()
  await models.dispose()
} finally {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}
