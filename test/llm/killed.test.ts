import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { conceptSchema } from '../../src/contract/files.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { buildHost } from '../engine/build-host.ts'
import { startLlmServer } from '../support/llm-server/llm-server.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { writeRecordingOf } from '../support/made-up-evidence.ts'
import { snipIn } from '../cli/snip.ts'

const { path } = snipIn('killed')
const neurons = 2000
const underWay = 16
const kills = 20

test(`${neurons} neurons, killed with -9 at ${kills} random moments: no request is paid twice, and the file is the same`, async () => {
  const entry = await buildHost('../llm/explain-child.entry.ts')
  writeRecordingOf(path('recording'), [neurons / 2, neurons / 2])
  const server = await startLlmServer({ model: plantedWords([]), delayMs: 5, idempotent: true })
  const start = (out: string, url: string) =>
    spawn(process.execPath, [entry, url, path('recording'), path(out), path('program')], { stdio: 'inherit' })
  const journal = path('cut.jsonl.requests', 'requests.jsonl')
  const answered = () =>
    existsSync(journal)
      ? readFileSync(journal, 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => (JSON.parse(line) as { hash: string }).hash)
          .filter((hash) => hash !== '')
      : []
  const paid = () => server.log.filter((request) => request.paid).length

  const random = createRandom(5)
  for (let kill = 0; kill < kills; kill++) {
    const before = existsSync(journal) ? statSync(journal).size : 0
    const child = start('cut.jsonl', server.baseUrl)
    const exited = once(child, 'exit')
    const enough = before + random.integer(20_000)
    while (child.exitCode === null && (!existsSync(journal) || statSync(journal).size <= enough)) await sleep(1)
    child.kill('SIGKILL')
    const [, signal] = (await exited) as [number | null, string | null]
    expect(signal).toBe('SIGKILL')
    while (server.open > 0) await sleep(5)
    // What was on its way at that moment the server answered to nobody.
    const unheard = paid() - answered().length
    expect(unheard).toBeGreaterThanOrEqual(0)
    expect(unheard).toBeLessThanOrEqual(underWay)
  }
  expect((await once(start('cut.jsonl', server.baseUrl), 'exit'))[0]).toBe(0)
  expect(new Set(answered()).size).toBe(answered().length)
  expect(answered()).toHaveLength(neurons)
  // A server that honours idempotency keys answers what it had answered to nobody from what it kept.
  expect(server.paidTwice()).toEqual([])
  expect(paid()).toBe(neurons)
  // Another is asked twice for as much as was under way, and for nothing else.
  const again = server.log.filter(({ replayed }) => replayed)
  expect(again.length).toBeLessThanOrEqual(kills * underWay)
  expect(new Set(server.log.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(neurons)
  await server.close()

  const whole = await startLlmServer({ model: plantedWords([]) })
  expect((await once(start('whole.jsonl', whole.baseUrl), 'exit'))[0]).toBe(0)
  expect(whole.paidTwice()).toEqual([])
  await whole.close()
  const linesOf = (name: string) =>
    readFileSync(path(name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        // Of two servers, at two addresses.
        const { author: _author, ...concept } = conceptSchema.parse(JSON.parse(line))
        return concept
      })
  expect(linesOf('cut.jsonl')).toHaveLength(neurons)
  expect(linesOf('cut.jsonl')).toEqual(linesOf('whole.jsonl'))
  expect(readdirSync(path()).filter((name) => /partial|\.lock/.test(name))).toEqual([])
}, 600_000)
