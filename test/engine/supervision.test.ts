import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { buildHost } from './build-host.ts'
import { expectFailure, failureOf, scratchFolder } from './expectations.ts'
import { openHandle } from './families.ts'
import { doneOf, engineHostFile, startHost, startHostOf, type TestHost } from './host.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('supervision')
const { directory: model } = makeGpt2(join(work, 'model'), { width: 96, layers: 4, context: 64 })
const parent = await buildHost('busy-parent.entry.ts')

/** True while a process exists. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function gone(pid: number, withinMs: number): Promise<boolean> {
  const started = performance.now()
  while (isAlive(pid)) {
    if (performance.now() - started > withinMs) return false
    await sleep(20)
  }
  return true
}

/** Work for several seconds: losses of a corpus. */
async function longWork(host: TestHost) {
  const { handle } = await openHandle(host, model)
  const documents = [{ text: randomText(7, 20_000) }]
  const { corpus } = await host.client.corpus({ handle, documents, keepShort: false, window: 64, tokens: null })
  return host.client.losses({ handle, corpus, plan: null, ranks: false })
}

describe('the engine host', () => {
  test('that is killed in the middle of a stream rejects it, and names the signal; a new one works', async () => {
    const host = await startHost()
    const stream = await longWork(host)
    const error = await expectFailure(
      async () => {
        for await (const event of stream) if (event.kind === 'progress') process.kill(host.pid!, 'SIGKILL')
      },
      'host-died',
      'SIGKILL',
      'in the middle of the work',
    )
    expect(error.isBadInput).toBe(false)
    expect(host.alive).toBe(false)
    expect(await host.whenExited).toEqual({ code: null, signal: 'SIGKILL' })
    await expectFailure(() => host.client.probe(), 'host-died', 'SIGKILL')

    const next = await startHost()
    const { handle } = await openHandle(next, model)
    expect((await next.client.logprobs({ handle, ids: [1, 2, 3], plan: null })).logprobs).toHaveLength(2)
    await next.stop()
  })

  test('that is ended by another signal rejects a pending call, and names it', async () => {
    const host = await startHost()
    const stream = await longWork(host)
    const pending = host.client.probe()
    process.kill(host.pid!, 'SIGTERM')
    await expectFailure(() => pending, 'host-died', 'SIGTERM')
    expect(await failureOf(() => doneOf(Promise.resolve(stream)))).toMatchObject({ kind: 'host-died' })
  })

  test('that exits by itself is told apart by its code, with its last words as the detail', async () => {
    const file = join(work, 'exits.mjs')
    writeFileSync(file, `process.on('message', () => { console.error('the last words'); process.exit(7) })`)
    const host = startHostOf(file)
    const error = await expectFailure(() => host.client.probe(), 'host-died', 'ended with code 7')
    expect(error.detail).toContain('the last words')
    expect(host.lines).toEqual(['the last words'])
  })

  test('passes its stderr on line by line', async () => {
    const file = join(work, 'talks.mjs')
    const talk = `process.stderr.write('first\\nsec'); setTimeout(() => process.stderr.write('ond\\nä third\\n'), 50)`
    writeFileSync(file, `${talk}\nawait import(${JSON.stringify(await engineHostFile())})\n`)
    const host = startHostOf(file)
    await host.client.probe()
    for (let i = 0; i < 100 && host.lines.length < 3; i++) await sleep(20)
    expect(host.lines.slice(0, 3)).toEqual(['first', 'second', 'ä third'])
    await host.stop()
  })

  test('whose file is missing rejects calls instead of hanging', async () => {
    const host = startHostOf(join(work, 'nowhere.js'))
    const error = await failureOf(() => host.client.probe())
    expect(error).toMatchObject({ kind: 'host-died' })
    expect((error as Error).message).toContain('ended with code 1')
  })

  test('stops when it is asked to, at once when idle and within seconds when busy', async () => {
    const idle = await startHost()
    await idle.client.probe()
    await idle.stop()
    expect(isAlive(idle.pid!)).toBe(false)
    expect(await idle.whenExited).toEqual({ code: 0, signal: null })

    const busy = await startHost()
    const stream = await longWork(busy)
    await busy.stop()
    expect(isAlive(busy.pid!)).toBe(false)
    expect(await failureOf(() => doneOf(Promise.resolve(stream)))).toMatchObject({ kind: 'host-died' })
  })

  test('is a process of its own, told by its number and versions', async () => {
    const host = await startHost()
    const probe = await host.client.probe()
    expect(probe.pid).toBe(host.pid)
    expect(probe.pid).not.toBe(process.pid)
    expect(probe.onnxRuntime).toMatch(/^1\.\d+\.\d+$/)
    const cpu = probe.providers.find(({ provider }) => provider === 'cpu')
    expect(cpu).toEqual({ provider: 'cpu', works: true, reason: null })
    for (const { works, reason } of probe.providers) expect(reason === null).toBe(works)
    await host.stop()
  })

  test('ends soon after its parent was killed in the middle of work', async () => {
    const args = [parent, await engineHostFile(), model, randomText(7, 20)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const pid = Number(String(line))
    expect(isAlive(pid)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await gone(pid, 10_000)).toBe(true)
  })

  test('refuses what is no call of its contract in one sentence', async () => {
    const host = await startHost()
    const wrong = { path: 5 } as never
    const error = (await failureOf(() => host.client.open(wrong))) as Error
    expect(error).toMatchObject({ kind: 'internal' })
    expect(error.message).toMatch(/^The engine refused a call: [^\n]+$/)
    await host.client.probe()
    await host.stop()
  })
})
