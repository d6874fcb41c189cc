import { describe, expect, test } from 'vitest'
import { conceptSimulationSchema, mostSimulatedTokens } from '../../../src/contract/files.ts'
import type { LlmEvidence } from '../../../src/core/concepts/llm-evidence.ts'
import { packSimulation, unpackSimulation } from '../../../src/core/concepts/scorers/kept-simulation.ts'

function evidence(numbers: readonly (number | undefined)[], length = 3): LlmEvidence {
  const windows = numbers.map((number) => ({
    tokens: Array.from({ length }, () => 'a'),
    activations: new Float32Array(length),
    ...(number === undefined ? {} : { number }),
  }))
  const none = { top: [], random: [] }
  return { train: [], calibration: none, valid: { top: windows.slice(0, 1), random: windows.slice(1) } }
}

const pack = (simulated: readonly number[][], calibration: 'none' | 'linear' = 'none') =>
  packSimulation(
    'mlp:0:1',
    'words',
    evidence([7, 90]),
    { score: 0.5, scoreKind: 'k', simulated: simulated.map((values) => Float32Array.from(values)) },
    calibration,
  )

describe('a simulation that is kept', () => {
  test('comes back as it was: whole levels exactly, expected values to 0.02, a byte for each token', () => {
    const kept = conceptSimulationSchema.parse(
      pack([
        [0, 1, 10],
        [2.625, 9.99, 0.01],
      ]),
    )
    expect(kept).toMatchObject({ windows: [7, 90], top: 1, lengths: [3, 3], from: 0, to: 10, text: 'words' })
    expect(kept.levels).toHaveLength(8)
    const [first, second] = unpackSimulation(kept)!
    expect(first).toEqual({ number: 7, isTop: true, simulated: [0, 1, 10] })
    expect(second).toMatchObject({ number: 90, isTop: false })
    for (const [at, value] of [2.625, 9.99, 0.01].entries()) {
      expect(Math.abs(second!.simulated[at]! - value)).toBeLessThanOrEqual(0.0201)
    }
  })

  test('keeps calibrated values on their own range, also where all are the same', () => {
    const kept = pack(
      [
        [-1, 0, 1.5],
        [0, 0, 4],
      ],
      'linear',
    )!
    expect([kept.from, kept.to]).toEqual([-1, 4])
    expect(unpackSimulation(kept)!.map(({ simulated }) => simulated)).toEqual([
      [-1, 0, 1.5],
      [0, 0, 4],
    ])
    expect(
      unpackSimulation(
        pack(
          [
            [3, 3, 3],
            [3, 3, 3],
          ],
          'linear',
        )!,
      )![1]!.simulated,
    ).toEqual([3, 3, 3])
  })

  test('is none where nothing was simulated, windows have no number, or there are too many tokens', () => {
    const score = { score: null, scoreKind: 'k', simulated: null }
    expect(packSimulation('mlp:0:1', 'words', evidence([7]), score, 'none')).toBeNull()
    const values = { ...score, simulated: [Float32Array.of(1, 2, 3)] }
    expect(packSimulation('mlp:0:1', 'words', evidence([undefined]), values, 'none')).toBeNull()
    const long = { ...score, simulated: [new Float32Array(mostSimulatedTokens + 1)] }
    expect(packSimulation('mlp:0:1', 'words', evidence([7]), long, 'none')).toBeNull()
  })

  test('is unreadable where its parts do not fit together', () => {
    const kept = pack([
      [0, 1, 10],
      [2, 9, 0],
    ])!
    expect(unpackSimulation({ ...kept, lengths: [3, 4] })).toBeNull()
    expect(unpackSimulation({ ...kept, lengths: [6] })).toBeNull()
    expect(unpackSimulation({ ...kept, levels: 'no base64 %' })).toBeNull()
  })
})
