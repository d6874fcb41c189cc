import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Verification } from '../../src/contract/engine-host.ts'
import type { ExportManifest } from '../../src/main/services/exports/export-model.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { snipIn, someText } from './snip.ts'

const { path, snip, json } = snipIn('export-formats')
const model = path('model')
const plan = path('plan.json')

interface Exported {
  readonly file: string
  readonly manifest: string
  readonly format: string
  readonly verification: Verification
  readonly timing: { readonly maskedMsPerToken: number; readonly exportedMsPerToken: number; readonly tokens: number }
}

interface Measured {
  readonly results: { readonly lossNats: { readonly value: number; readonly planHash: string } }
}

/** Every file below a folder whose bytes are promised, by path. */
function promised(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(timing\.json|.*\.log)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    names.toSorted().map((name) => [name.slice(folder.length), readFileSync(name).toString('base64')]),
  )
}

beforeAll(async () => {
  makeGpt2(model, { context: 32, layers: 2 })
  writeFileSync(path('text.txt'), someText(600))
  writeFileSync(plan, JSON.stringify({ neurons: ['mlp:0:5', 'mlp:1:7', 'attention:1:2'] }))
})

describe.each(['onnx-folder', 'checkpoint'] as const)('snip export --format %s', (format) => {
  const out = path(format)
  let exported: Exported

  beforeAll(async () => {
    exported = await json('export', model, '--plan', plan, '--realisation', 'zeroed', '--format', format, '--out', out)
  })

  test('writes a folder with its manifest, and tells the times apart from what is promised', () => {
    expect(exported).toMatchObject({ file: out, format, manifest: join(out, `${format}.manifest.json`) })
    expect(exported.verification).toMatchObject({ passed: true, maxAbsLogit: 0, sameGreedyText: true })
    expect(exported.verification.sourceBytes).toBeGreaterThan(0)
    expect(exported.verification.writtenBytes).toBeGreaterThan(0)
    const manifest = JSON.parse(readFileSync(exported.manifest, 'utf8')) as ExportManifest
    expect(manifest).toMatchObject({ format, verification: exported.verification })
    for (const { name, bytes } of manifest.files) expect(readFileSync(join(out, name))).toHaveLength(bytes)
    expect(JSON.stringify(manifest)).not.toContain('MsPerToken')
    expect(JSON.parse(readFileSync(join(out, 'timing.json'), 'utf8'))).toEqual(exported.timing)
    expect(readdirSync(path()).filter((name) => /unfinished|unverified|\.lock/.test(name))).toEqual([])
  })

  test('writes the same bytes again, and nothing over what is there', async () => {
    const again = path(`again-${format}`, format)
    const argv = ['export', model, '--plan', plan, '--realisation', 'zeroed', '--format', format]
    const nowhere = await snip([...argv, '--out', again])
    expect(nowhere.code).toBe(2)
    expect(nowhere.err).toContain('There is no folder')
    mkdirSync(dirname(again))
    expect((await snip([...argv, '--out', again])).code).toBe(0)
    expect(promised(again)).toEqual(promised(out))
    const over = await snip([...argv, '--out', out])
    expect(over.code).toBe(2)
    expect(over.err).toContain('an export overwrites nothing')
  })
})

test('an export that cannot be written as asked leaves nothing, and says what to do in one line', async () => {
  const out = path('refused')
  const ran = await snip([
    'export',
    model,
    '--plan',
    plan,
    '--realisation',
    'compact',
    '--format',
    'checkpoint',
    '--out',
    out,
  ])
  expect(ran.code).toBe(2)
  expect(ran.errLines.at(-1)).toContain(
    'The attention of layer 1 would keep 23 of 24 neurons, which config.json cannot say',
  )
  expect(ran.errLines.at(-1)).toContain('Choose zeroed')
  expect(existsSync(out)).toBe(false)
  const named = await snip([
    'export',
    model,
    '--plan',
    plan,
    '--realisation',
    'zeroed',
    '--format',
    'checkpoint',
    '--out',
    `${out}.onnx`,
  ])
  expect(named.err).toContain('ends in .onnx, but this format is a folder')
})

describe('--replacement mean', () => {
  const means = path('means.json')

  beforeAll(async () => {
    await json('record', model, path('text.txt'), '--out', path('recording'), '--window', '16')
    await json('rank', 'random', '--model', model, '--out', path('ranking.jsonl'), '--seed', '1')
    await json('plan', path('ranking.jsonl'), '--top', '9', ...withMeans, '--out', means)
  })
  const withMeans = ['--replacement', 'mean', '--recording', path('recording')]

  test('fixes neurons at the means that the recording has of them', async () => {
    const written = JSON.parse(readFileSync(means, 'utf8')) as {
      neurons: string[]
      means: number[]
      replacement: string
    }
    expect(written.replacement).toBe('mean')
    for (const [at, neuron] of written.neurons.entries()) {
      const { mean } = await json<{ mean: number }>('neuron', path('recording'), neuron)
      expect(written.means[at]).toBe(Math.fround(mean))
    }
  })

  test('is measured, swept and exported as what it is: closer to the original than zero', async () => {
    const data = path('text.txt')
    const lossOf = async (evaluated: string, ...more: string[]) => {
      const argv = [evaluated, '--metric', 'lm', '--data', data, '--window', '16', ...more]
      return (await json<Measured>('evaluate', ...argv)).results.lossNats
    }
    await json('plan', path('ranking.jsonl'), '--top', '9', '--out', path('zeros.json'))
    const original = await lossOf(model)
    const zero = await lossOf(model, '--plan', path('zeros.json'))
    const mean = await lossOf(model, '--plan', means)
    expect(mean.planHash).not.toBe(zero.planHash)
    expect(Math.abs(mean.value - original.value)).toBeLessThan(Math.abs(zero.value - original.value))
    const swept = ['--ranking', path('ranking.jsonl'), '--grid', '9', '--metric', `lm:${data}`, '--window', '16']
    const { lines } = await json<{ lines: Measured[] }>('sweep', model, ...swept, ...withMeans, '--out', path('sweep'))
    expect(lines[0]!.results.lossNats.value).toBe(mean.value)
    const out = path('means.onnx')
    const exported = await json<Exported>('export', model, '--plan', means, '--realisation', 'compact', '--out', out)
    expect(exported.verification).toMatchObject({ passed: true, tolerance: 1e-5 })
    expect(Math.abs((await lossOf(out)).value - mean.value)).toBeLessThan(1e-5)
  })

  test.each([
    [['--replacement', 'mean'], '--replacement mean needs the means of a recording'],
    [['--recording', path('recording')], '--recording says nothing without --replacement mean'],
    [['--replacement', 'median'], 'median'],
  ])('refuses %j', async (flags, message) => {
    const ran = await snip(['plan', path('ranking.jsonl'), '--top', '9', '--out', path('never.json'), ...flags])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain(message)
    expect(existsSync(path('never.json'))).toBe(false)
  })
})
