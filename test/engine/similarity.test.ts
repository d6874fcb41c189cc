import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cosineMaxScores } from '../../src/core/ranking/cosine.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { SimilarityDesk, type MatrixFile } from '../../src/main/engine-host/operations/similarity.ts'
import { scratchFolder } from './expectations.ts'

const work = scratchFolder('similarity')
const rows = 2500
const dims = 24
const columns = 7
const random = createRandom(4)
const vectors = Float32Array.from({ length: rows * dims }, () => random.uniform() - 0.5)
vectors.fill(0, 5 * dims, 6 * dims)
vectors.copyWithin(11 * dims, 10 * dims, 11 * dims)
const others = Float32Array.from({ length: columns * dims }, () => random.uniform() - 0.5)
others.fill(0, 2 * dims, 3 * dims)

function matrixOf(key: string, values: Float32Array): MatrixFile {
  mkdirSync(work, { recursive: true })
  const file = join(work, `${key}.f32`)
  writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return { file, key, rows: values.length / dims, dims }
}

describe('greatest cosines by the engine', () => {
  test.each([
    { weights: null, startAtZero: false },
    { weights: [1, 0.5, 1, 2, 0.25, 1, 3], startAtZero: false },
    { weights: null, startAtZero: true },
  ])(
    'are those of the plain way, order and ties too: $weights, from zero $startAtZero',
    async ({ weights, startAtZero }) => {
      const plain = cosineMaxScores(vectors, dims, others, weights, startAtZero)
      const desk = new SimilarityDesk()
      const { scores, zeroRows, zeroColumns } = await desk.greatest(
        { matrix: matrixOf('a', vectors), columns: others, weights, startAtZero },
        undefined,
      )
      expect(scores).toHaveLength(rows)
      for (let row = 0; row < rows; row++) expect(Math.abs(scores[row]! - plain.scores[row]!)).toBeLessThan(1e-6)
      expect(zeroRows).toEqual(plain.zeroNeuronRows)
      expect(zeroColumns).toEqual(plain.zeroForgetRows)
      // Rows that are the same have the same score to the last bit.
      expect(scores[10]).toBe(scores[11])
      const orderOf = (values: Float64Array) => [...values.keys()].toSorted((a, b) => values[b]! - values[a]! || a - b)
      expect(orderOf(scores)).toEqual(orderOf(plain.scores))
    },
  )

  test('after one changed column are those of all columns anew', async () => {
    const desk = new SimilarityDesk()
    const matrix = matrixOf('b', vectors)
    await desk.greatest({ matrix, columns: others, weights: null, startAtZero: false }, undefined)
    const changed = others.slice()
    changed.set(vectors.subarray(77 * dims, 78 * dims), 3 * dims)
    const { scores } = await desk.greatest({ matrix, columns: changed, weights: null, startAtZero: false }, undefined)
    const anew = await new SimilarityDesk().greatest(
      { matrix, columns: changed, weights: null, startAtZero: false },
      undefined,
    )
    expect(scores).toEqual(anew.scores)
    expect(scores[77]).toBeCloseTo(1, 6)
  })

  test('refuse a file of another size and numbers that are none', async () => {
    const desk = new SimilarityDesk()
    const matrix = matrixOf('c', vectors.subarray(0, 10 * dims))
    const request = { columns: others, weights: null, startAtZero: false }
    await expect(desk.greatest({ ...request, matrix: { ...matrix, rows: 11 } }, undefined)).rejects.toMatchObject({
      kind: 'bad-file',
    })
    const broken = matrixOf(
      'd',
      Float32Array.from({ length: dims }, () => Number.NaN),
    )
    await expect(desk.greatest({ ...request, matrix: broken }, undefined)).rejects.toMatchObject({ kind: 'not-finite' })
  })
})
