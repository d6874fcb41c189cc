import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cosineMaxScores } from '../../src/core/ranking/cosine.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import {
  SimilarityDesk,
  type MatrixFile,
  type SimilarityLimits,
} from '../../src/main/engine-host/operations/similarity.ts'
import { bytesOf } from '../../src/main/files/write-aside.ts'
import { scratchFolder } from './expectations.ts'

const work = scratchFolder('similarity')
const rows = 2500
/** More than one block of the kernels' sums. */
const dims = 300
const random = createRandom(4)
const numbers = (length: number) => Float32Array.from({ length }, () => random.uniform() - 0.5)
const vectors = numbers(rows * dims)
vectors.fill(0, 5 * dims, 6 * dims)
// The same vector at different places of the blocks that are multiplied.
const twins = [10, 11, 1023, 1024, 2499]
for (const row of twins) vectors.copyWithin(row * dims, 10 * dims, 11 * dims)
const others = numbers(7 * dims)
others.fill(0, 2 * dims, 3 * dims)

function matrixOf(key: string, values = vectors, width = dims): MatrixFile {
  mkdirSync(work, { recursive: true })
  const file = join(work, `${key}.f32`)
  writeFileSync(file, bytesOf(values))
  return { file, key, rows: values.length / width, dims: width }
}

const matrix = matrixOf('a')
const plainly = { weights: null, startAtZero: false }

/** Scores of a desk that never saw another question. */
const anew = async (columns: Float32Array, limits: SimilarityLimits = {}, weights: readonly number[] | null = null) =>
  (await new SimilarityDesk(limits).greatest({ matrix, columns, startAtZero: false, weights }, undefined)).scores

describe('greatest cosines by the engine', () => {
  test.each([
    plainly,
    { weights: [1, 0.5, 1, 2, 0.25, 1, 3], startAtZero: false },
    { weights: [1, 0, -1, 2, -0.25, 0, 3], startAtZero: false },
    { weights: null, startAtZero: true },
  ])('are those of the plain way to the last bit: $weights, from zero $startAtZero', async (settings) => {
    const plain = cosineMaxScores(vectors, dims, others, settings.weights, settings.startAtZero)
    const { scores, zeroRows, zeroColumns } = await new SimilarityDesk().greatest(
      { matrix, columns: others, ...settings },
      undefined,
    )
    expect(scores).toEqual(plain.scores)
    expect(zeroRows).toEqual([5])
    expect(zeroColumns).toEqual([2])
  })

  test('of a matrix too large for f64 are those of f32, and rows that are the same have the same', async () => {
    const plain = cosineMaxScores(vectors, dims, others, null, false)
    const scores = await anew(others, { mostExact: 0 })
    for (let row = 0; row < rows; row++) expect(Math.abs(scores[row]! - plain.scores[row]!)).toBeLessThan(1e-6)
    expect(new Set(twins.map((row) => scores[row])).size).toBe(1)
    expect(scores[5]).toBe(0)
  })

  test('tell columns apart that f32 cannot', async () => {
    const columns = numbers(2 * dims)
    columns.copyWithin(dims, 0, dims)
    columns[dims + 7]! *= 1 + 2 ** -23
    const plain = cosineMaxScores(vectors, dims, columns, null, false)
    expect(new Set(plain.best)).toEqual(new Set([0, 1]))
    expect(await anew(columns)).toEqual(plain.scores)
  })

  test('are below zero where all columns point away', async () => {
    const away = numbers(3 * dims)
    for (let at = 0; at < away.length; at++) away[at] = -Math.abs(away[at]!)
    const near = matrixOf('near', vectors.map(Math.abs).slice(20 * dims))
    const question = { matrix: near, columns: away, ...plainly }
    const { scores } = await new SimilarityDesk({ mostExact: 0 }).greatest(question, undefined)
    const plain = cosineMaxScores(vectors.map(Math.abs).slice(20 * dims), dims, away, null, false)
    expect(Math.max(...scores)).toBeLessThan(-0.5)
    for (let row = 0; row < scores.length; row++) expect(Math.abs(scores[row]! - plain.scores[row]!)).toBeLessThan(1e-6)
  })

  test('do not depend on how long vectors are', async () => {
    const scaled = vectors.slice()
    for (let at = 0; at < scaled.length; at++) scaled[at]! *= at % (2 * dims) < dims ? 2 ** 126 : 2 ** -120
    const extreme = matrixOf('extreme', scaled)
    const { scores } = await new SimilarityDesk().greatest({ matrix: extreme, columns: others, ...plainly }, undefined)
    const plain = cosineMaxScores(vectors, dims, others, null, false)
    for (let row = 0; row < rows; row++) expect(scores[row]).toBeCloseTo(plain.scores[row]!, 6)
  })
})

describe('products that are kept', () => {
  const changed = others.slice()
  changed.set(vectors.subarray(77 * dims, 78 * dims), 3 * dims)
  const added = (count: number) => {
    const more = new Float32Array(others.length + count * dims)
    more.set(others)
    more.set(numbers(count * dims), others.length)
    return more
  }
  const questions: readonly { what: string; columns: Float32Array; weights?: readonly number[] }[] = [
    { what: 'one changed column', columns: changed },
    { what: 'one changed weight', columns: changed, weights: [1, 1, 1, 0.5, 1, 1, 1] },
    { what: 'a column and a weight', columns: others, weights: [1, 1, 1, 1, 2, 1, 0] },
    { what: 'all weights', columns: others, weights: [7, 6, 5, 4, -3, 2, 1] },
    { what: 'the same weight for all', columns: others, weights: Array.from({ length: 7 }, () => 1 / 3) },
    { what: 'one column more', columns: added(1) },
    { what: 'many columns more', columns: added(40) },
    { what: 'one column less', columns: others.slice(dims) },
    { what: 'columns in another order, one twice', columns: Float32Array.of(...others.subarray(dims), ...changed) },
    { what: 'all others', columns: numbers(9 * dims) },
    { what: 'the first ones again', columns: others },
  ]

  test.each([
    { limits: {}, kind: 'f64' },
    { limits: { mostExact: 0 }, kind: 'f32' },
    { limits: { mostExact: 0, mostKept: 2 * rows * 16 }, kind: 'f32, with little room' },
    { limits: { mostKept: 0 }, kind: 'f64, without any room' },
  ])('give the same scores as all columns anew: $kind', async ({ limits }) => {
    const desk = new SimilarityDesk(limits)
    await desk.greatest({ matrix, columns: others, ...plainly }, undefined)
    for (const { what, columns, weights = null } of questions) {
      const { scores } = await desk.greatest({ matrix, columns, weights, startAtZero: false }, undefined)
      expect(scores, what).toEqual(await anew(columns, limits, weights))
    }
  })

  test('are whole after a question that was given up midway, and of questions asked at once', async () => {
    const desk = new SimilarityDesk()
    await desk.greatest({ matrix, columns: others, ...plainly }, undefined)
    const abort = new AbortController()
    const given = desk.greatest({ matrix, columns: changed, ...plainly }, abort.signal)
    const next = desk.greatest({ matrix, columns: changed, ...plainly }, undefined)
    const last = desk.greatest({ matrix, columns: others, ...plainly }, undefined)
    setImmediate(() => abort.abort())
    await expect(given).rejects.toMatchObject({ kind: 'cancelled' })
    expect((await next).scores).toEqual(await anew(changed))
    expect((await next).scores[77]).toBeCloseTo(1, 6)
    expect((await last).scores).toEqual(await anew(others))
  })

  test('are those of the matrix in question', async () => {
    const desk = new SimilarityDesk()
    const other = matrixOf('b', vectors.slice(0, 900 * dims).toReversed())
    const { scores } = await desk.greatest({ matrix: other, columns: others, ...plainly }, undefined)
    expect(scores).toHaveLength(900)
    expect((await desk.greatest({ matrix, columns: others, ...plainly }, undefined)).scores).toEqual(await anew(others))
  })
})

describe('what cannot be compared', () => {
  const ask = (one: MatrixFile, columns = others) =>
    new SimilarityDesk().greatest({ matrix: one, columns, ...plainly }, undefined)

  test('is refused by name: a file of another size, a torn one, numbers that are none, no column', async () => {
    const whole = matrixOf('c', vectors.slice(0, 10 * dims))
    await expect(ask({ ...whole, rows: 11 })).rejects.toMatchObject({ kind: 'bad-file' })
    truncateSync(whole.file, 9 * dims * 4 + 2)
    await expect(ask(whole)).rejects.toMatchObject({ kind: 'bad-file', message: expect.stringContaining('bytes, not') })
    const broken = vectors.slice(0, 10 * dims)
    broken[6 * dims + 1] = Number.NaN
    await expect(ask(matrixOf('d', broken))).rejects.toMatchObject({
      kind: 'not-finite',
      message: 'The embedding of concept 7 holds a number that is not finite',
    })
    await expect(
      ask(
        matrix,
        Float32Array.from({ length: dims }, () => Infinity),
      ),
    ).rejects.toMatchObject({
      kind: 'not-finite',
    })
    await expect(ask(matrix, new Float32Array(0))).rejects.toMatchObject({ kind: 'bad-argument' })
  })
})
