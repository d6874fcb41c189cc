import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseRecipe } from '../../src/main/services/recipes/recipe-schema.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { engineHostFile } from '../engine/host.ts'
import { snipIn } from './snip.ts'

const { path, json, snip } = snipIn('recipe')
const bin = resolve(import.meta.dirname, '../../bin/snip.js')
const demo = resolve(import.meta.dirname, '../../resources/demo')

/** The demo in small: every kind of step, on a tiny model and the beginnings of the demo's data. */
const smallRecipe = `
version: 1
name: Small
seed: 3
model: model
recordings:
  probe: { data: probe.txt, sites: [mlp, attention], window: 16 }
  code: { data: code.txt, sites: [mlp, attention], window: 16 }
concepts:
  lexical: { recording: probe, explainer: lexical, sites: [attention] }
tasks:
  forget-code:
    forgetConcepts: { forget: { data: code.txt }, reference: { data: probe.txt }, extractor: lexical }
    rankings:
      snip: { method: snip, preset: paper, params: { sites: [attention] }, concepts: lexical, embedder: subject-sif }
      keyword: { method: keyword, params: { keywords: [indentation], sites: [attention] }, concepts: lexical }
      ratio: { method: activation-ratio, params: { sites: [mlp] }, forget: code, retain: probe }
      random: { method: random }
    grid: [0%, 5%, 20%]
    measures:
      code: { role: forget, metric: lm, data: code.txt, params: { tokens: 160, window: 16 }, show: [lossNats] }
      cloze: { role: retain, metric: cloze, data: cloze.txt, split: all, show: [accuracy] }
    export: { ranking: ratio, top: 20%, realisation: compact }
`

beforeAll(async () => {
  await engineHostFile()
  makeGpt2(path('model'), { layers: 2, width: 16, inner: 48, context: 512 })
  const begin = (name: string, characters: number) =>
    readFileSync(join(demo, 'data', name), 'utf8').slice(0, characters)
  writeFileSync(path('recipe.yaml'), smallRecipe)
  writeFileSync(path('probe.txt'), begin('probe.txt', 2500))
  writeFileSync(path('code.txt'), begin('forget-code.txt', 2500))
  writeFileSync(path('cloze.txt'), `${begin('cloze-verbs.txt', 30_000).split('\n\n').slice(0, 1).join('\n\n')}\n`)
})

/** The hash of every promised file below a folder, by its path. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && !/timing\.json$|\.log$/.test(file))
  const entries = files.map(
    (file) => [relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')] as const,
  )
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The run into a folder. One thread is as fast on so small a model, and does not wait for the processor by spinning. */
const runInto = (out: string) => ['run', path('recipe.yaml'), '--out', out, '--threads', '1']

/** Starts the run and kills the command with SIGKILL after a while; true when it had finished before. */
async function runAndKill(out: string, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [bin, ...runInto(out), '--quiet'], {
    stdio: 'ignore',
    env: { ...process.env, XDG_CACHE_HOME: path('cache') },
  })
  const exited = once(child, 'exit')
  const finished = await Promise.race([exited.then(() => true), sleep(afterMs).then(() => false)])
  child.kill('SIGKILL')
  await exited
  return finished
}

describe('a recipe', () => {
  it('killed with SIGKILL at 20 random moments ends in the bytes of the run that nobody disturbed', async () => {
    const started = performance.now()
    await json(...runInto(path('whole')))
    const wholeMs = performance.now() - started
    const random = createRandom(20)
    let kills = 0
    let resumed = 0
    for (let folder = 0; kills < 20; folder++) {
      const out = path(`cut-${folder}`)
      for (let attempt = 0; attempt < 8; attempt++) {
        // Early attempts are short, later ones longer, so that every stage is hit and the run comes to its end.
        const finished = await runAndKill(out, 300 + random.uniform() * wholeMs * (0.2 + attempt / 8))
        if (finished) break
        kills++
      }
      const outcome = await json<{ tasks: Record<string, { points: unknown[] }> }>(...runInto(out))
      expect(outcome.tasks['forget-code']!.points).toHaveLength(4 * 3 * 2)
      expect(Object.keys(contents(out))).toEqual(Object.keys(contents(path('whole'))))
      expect(contents(out)).toEqual(contents(path('whole')))
      resumed++
    }
    expect(kills).toBeGreaterThanOrEqual(20)
    expect(resumed).toBeGreaterThan(0)
  }, 400_000)

  it('run again when it is finished measures nothing and says the same', async () => {
    const before = contents(path('whole'))
    const again = await json<{ tasks: Record<string, { export: { verification: { passed: boolean } } }> }>(
      ...runInto(path('whole')),
    )
    expect(again.tasks['forget-code']!.export.verification.passed).toBe(true)
    expect(contents(path('whole'))).toEqual(before)
  })

  it('refuses the folder of another recipe', async () => {
    writeFileSync(path('other.yaml'), smallRecipe.replace('seed: 3', 'seed: 4').replace('name: Small', 'name: Other'))
    const { code, errLines } = await snip(['run', path('other.yaml'), '--out', path('whole')])
    expect(code).toBe(2)
    expect(errLines).toHaveLength(1)
    expect(errLines[0]).toContain('holds another job')
  })

  it('refuses to go on with data that changed since: what was ranked would be of other data', async () => {
    const code = readFileSync(path('code.txt'))
    writeFileSync(path('code.txt'), Buffer.concat([code, Buffer.from('x = 1\n')]))
    const { code: exit, errLines } = await snip(runInto(path('whole')))
    writeFileSync(path('code.txt'), code)
    expect(exit).toBe(2)
    expect(errLines[0]).toContain('data.code.txt is')
    expect((await snip(runInto(path('whole')))).code).toBe(0)
  })

  it('writes all results as one JSON value, point by point as the sweep has them', () => {
    const text = readFileSync(path('whole', 'results.json'), 'utf8')
    const results = JSON.parse(text) as { tasks: Record<string, { title: string; lines: unknown[]; export: object }> }
    expect(`${JSON.stringify(results)}\n`).toBe(text)
    expect(Object.keys(results)).toEqual(['recipe', 'modelHash', 'tasks'])
    const points = readFileSync(path('whole', 'jobs', 'forget-code', 'points.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(results.tasks['forget-code']!.lines).toEqual(points.map((line) => JSON.parse(line) as unknown))
    expect(results.tasks['forget-code']!.title).toBe('')
    expect(results.tasks['forget-code']!.export).toHaveProperty('verification.passed', true)
  })

  it.each([
    ['version: 2', 'version'],
    ['version: 1\nname: x\nmodel: m\ntasks: {}\nextra: 1', 'extra'],
    ['version: 1\nname: [', 'recipe.yaml'],
    [smallRecipe.replace('concepts: lexical, embedder', 'concepts: nothing, embedder'), '"nothing"'],
    [smallRecipe.replace('{ ranking: ratio,', '{ ranking: best,'), '"best"'],
    [smallRecipe.replace('forget-code:', '../evil:'), 'tasks.../evil'],
  ])('with a flaw is refused by naming it', (text, part) => {
    expect(() => parseRecipe(text, 'recipe.yaml')).toThrow(part)
  })
})
