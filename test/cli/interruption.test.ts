import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { engineHostFile } from '../engine/host.ts'
import { snipIn, someText } from './snip.ts'

const { path, json } = snipIn('interruption')
const model = path('model')
const bin = resolve(import.meta.dirname, '../../bin/snip.js')
/** Files that promise nothing about their bytes. */
const unpromised = /^(timing\.json|.*\.log)$/

beforeAll(async () => {
  await engineHostFile()
  makeGpt2(model, { context: 32, layers: 3, inner: 400 })
  writeFileSync(path('text.txt'), someText(20_000))
})

function start(argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [bin, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CACHE_HOME: path('cache') },
  })
}

/** Every promised file of a folder, by name. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !unpromised.test(name))
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))
}

/** Kills a command with SIGKILL as soon as `file` is there and `delay` has passed; false when it was done before. */
async function killOnce(argv: readonly string[], file: string, delay: number): Promise<boolean> {
  const child = start(argv)
  const exited = once(child, 'exit')
  while (child.exitCode === null && !existsSync(file)) await sleep(5)
  await sleep(delay)
  const running = child.exitCode === null
  child.kill('SIGKILL')
  await exited
  return running
}

describe('kill -9', () => {
  it('of a recording, at several moments: the resumed one is byte-equal', async () => {
    const argv = (out: string) => ['record', model, path('text.txt'), '--window', '16', '--out', path(out)]
    await json(...argv('whole'))
    let killed = 0
    for (const delay of [0, 40, 120, 250]) {
      if (await killOnce(argv('cut'), path('cut', 'job.json'), delay)) killed++
    }
    expect(killed).toBeGreaterThan(0)
    await json(...argv('cut'))
    expect(contents(path('cut'))).toEqual(contents(path('whole')))
  })

  it('of an explanation: finished neurons are kept and the file is byte-equal', async () => {
    const argv = (out: string) => [
      'explain',
      path('whole'),
      '--explainer',
      'lexical',
      '--top',
      '60',
      '--out',
      path(out),
    ]
    await json(...argv('whole.jsonl'))
    const partial = path('cut.jsonl.partial.jsonl')
    await killOnce(argv('cut.jsonl'), partial, 400)
    const kept = existsSync(partial) ? readFileSync(partial, 'utf8').split('\n').slice(1, -1) : []
    await json(...argv('cut.jsonl'))
    const whole = readFileSync(path('whole.jsonl'), 'utf8')
    expect(readFileSync(path('cut.jsonl'), 'utf8')).toBe(whole)
    expect(whole.split('\n').slice(0, kept.length)).toEqual(kept)
    expect(existsSync(partial)).toBe(false)
  })

  it('of a sweep: finished points are kept and the file is byte-equal', async () => {
    await json('rank', 'random', '--model', model, '--out', path('random.jsonl'))
    const argv = (out: string) => [
      'sweep',
      model,
      '--ranking',
      path('random.jsonl'),
      '--grid',
      '0,1%,2%,3%,4%,5%,6%,7%,8%,9%',
      '--metric',
      `lm:${path('text.txt')}`,
      '--window',
      '16',
      '--tokens',
      '4000',
      '--out',
      path(out),
    ]
    await json(...argv('whole-sweep'))
    const points = path('cut-sweep', 'points.jsonl')
    for (const delay of [100, 200]) await killOnce(argv('cut-sweep'), points, delay)
    await json(...argv('cut-sweep'))
    expect(contents(path('cut-sweep'))).toEqual(contents(path('whole-sweep')))
  })
})

describe('Ctrl-C', () => {
  it('ends with 130 and one line, lets go of the lock, leaves nothing half-written, and can be resumed', async () => {
    const argv = ['record', model, path('text.txt'), '--window', '16', '--out', path('cancelled')]
    const child = start(argv)
    let err = ''
    child.stderr?.on('data', (text: Buffer) => void (err += text.toString()))
    while (!existsSync(path('cancelled', 'job.json'))) await sleep(5)
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(err).toBe('snip: cancelled\n')
    expect(code).toBe(130)
    expect(readdirSync(path('cancelled')).filter((name) => /lock|partial|recording\.json/.test(name))).toEqual([])
    await json(...argv)
    expect(contents(path('cancelled'))).toEqual(contents(path('whole')))
  })

  it('before the work began leaves nothing at all', async () => {
    const signal = AbortSignal.abort(2)
    const { snip } = snipIn('aborted')
    const ran = await snip(['record', model, path('text.txt'), '--window', '16', '--out', path('never')], signal)
    expect([ran.code, ran.err]).toEqual([130, 'snip: cancelled\n'])
    expect(existsSync(path('never'))).toBe(false)
  })
})

describe('two writers', () => {
  it('of one folder: the second is told who the first is', async () => {
    const argv = ['record', model, path('text.txt'), '--window', '16', '--out', path('shared')]
    const first = start(argv)
    while (!existsSync(path('shared', 'job.json'))) await sleep(5)
    first.kill('SIGSTOP')
    const second = start(argv)
    let err = ''
    second.stderr?.on('data', (text: Buffer) => void (err += text.toString()))
    const [code] = (await once(second, 'exit')) as [number | null]
    first.kill('SIGKILL')
    expect(err).toBe(`snip: Process ${first.pid} is writing ${path('shared')}. Wait until it ends, or stop it.\n`)
    expect(code).toBe(2)
  })
})
