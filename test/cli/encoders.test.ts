import { DuckDBInstance } from '@duckdb/node-api'
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PNG } from 'pngjs'
import { expect, test } from 'vitest'
import type { Measured } from '../../src/contract/result.ts'
import { snipIn } from './snip.ts'

const { path, snip, json } = snipIn('encoders')
const families = resolve(import.meta.dirname, '../fixtures/families')
const bert = `${families}/bert`
const vit = `${families}/vit`
interface Evaluated {
  readonly results: Readonly<Record<string, Measured>>
}

writeFileSync(path('text.txt'), 'the quick brown fox jumps over a lazy dog and sees the big cat hide '.repeat(30))
writeFileSync(path('plan.json'), JSON.stringify({ neurons: ['mlp:0:5', 'attention:1:7'] }))

test('a masked language model is measured with and without frames and plans, and told of its frames', async () => {
  const args = ['evaluate', bert, '--metric', 'masked-lm', '--data', path('text.txt'), '--window', '32']
  const framed = (await json<Evaluated>(...args, '--special-tokens')).results
  const bare = (await json<Evaluated>(...args)).results
  const pruned = (await json<Evaluated>(...args, '--plan', path('plan.json'))).results
  expect(Object.keys(framed)).toEqual(['lossNats', 'perplexityExpMean', 'top1'])
  expect(framed['perplexityExpMean']!.value).toBeCloseTo(Math.exp(framed['lossNats']!.value), 9)
  expect(framed['lossNats']!.warnings).toEqual([])
  expect(bare['lossNats']!.warnings[0]).toMatch(/without the 2 tokens .* --special-tokens/)
  expect(bare['lossNats']!.params['maskedTokens']).toBe(5 * bare['lossNats']!.n)
  expect(pruned['lossNats']!.value).not.toBe(bare['lossNats']!.value)
  expect((await json<Evaluated>(...args)).results).toEqual(bare)
})

test('what a model was not trained for is refused by name, and what to use instead is said', async () => {
  const lm = await snip(['evaluate', bert, '--metric', 'lm', '--data', path('text.txt')])
  expect([lm.code, lm.errLines]).toEqual([
    2,
    [
      'snip: Language modelling (lm) needs a model that continues text; a BERT model fills in masked tokens. Measure this model with masked-lm.',
    ],
  ])
  const other = await snip(['evaluate', `${families}/qwen3`, '--metric', 'masked-lm', '--data', path('text.txt')])
  expect([other.code, other.err]).toEqual([2, expect.stringMatching(/a Qwen3 model continues text\. .* lm or cloze/)])
  const generated = await snip(['generate', vit, '--prompt', 'abc'])
  expect([generated.code, generated.err]).toEqual([2, expect.stringContaining('classify images and read no text')])
})

/** A picture of one colour. */
function picture(level: number): Buffer {
  const png = new PNG({ width: 20, height: 10 })
  png.data.fill(level)
  return PNG.sync.write(png)
}

test('images are measured from class folders and from Parquet alike, and those that are damaged left out', async () => {
  const labels = ['cup', 'egret', 'kite', 'oak', 'pier']
  const pictures = Array.from({ length: 10 }, (_, at) => ({ label: at % 5, bytes: picture(at * 25) }))
  for (const [at, { label, bytes }] of pictures.entries()) {
    mkdirSync(path('images', labels[label]!), { recursive: true })
    writeFileSync(path('images', labels[label]!, `${at}.png`), bytes)
  }
  const database = await (await DuckDBInstance.create(':memory:')).connect()
  const rows = pictures.map(
    ({ label, bytes }) => `('${label}'::INT, {'bytes': from_hex('${bytes.toString('hex')}'), 'path': 'x'})`,
  )
  await database.run(
    `COPY (SELECT * FROM (VALUES ${rows.join(', ')}) AS t(label, image)) TO '${path('images.parquet')}' (FORMAT parquet)`,
  )
  database.closeSync()
  const measure = async (data: string) => {
    const { results } = await json<Evaluated>('evaluate', vit, '--metric', 'image-top1', '--data', path(data))
    return results
  }
  const folder = await measure('images')
  const parquet = await measure('images.parquet')
  expect(folder['top1']!.n).toBe(10)
  const sorted = (result: Measured | undefined) => result!.byIndex.toSorted((a, b) => a - b)
  expect(sorted(parquet['lossNats'])).toEqual(sorted(folder['lossNats']))
  expect(parquet['top1']!.value).toBe(folder['top1']!.value)
  writeFileSync(path('images/oak/damaged.png'), 'nothing')
  const { warnings, n } = (await measure('images'))['top1']!
  expect([n, warnings]).toEqual([
    10,
    ['1 image was left out, the first is oak/damaged.png: it is neither PNG nor JPEG'],
  ])
  mkdirSync(path('images/unknown'))
  writeFileSync(path('images/unknown/1.png'), picture(3))
  const refused = await snip(['evaluate', vit, '--metric', 'image-top1', '--data', path('images')])
  expect([refused.code, refused.err]).toEqual([
    2,
    expect.stringMatching(/"unknown" is no class of this model.* cup, egret/),
  ])
})
