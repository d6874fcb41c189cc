import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCutting, type Cutting } from './cutting.ts'

let cutting: Cutting
beforeAll(async () => {
  cutting = await openCutting()
})
afterAll(() => cutting.dispose())

const random = { method: 'random', preset: null, params: {}, seed: 7, forget: null, retain: null }

describe('a ranking that shall be used', () => {
  test('is in use when it is made, and the size of the cut stays', async () => {
    const { client } = cutting
    const cut = async () => (await client.workspace.current())?.cut ?? null
    const quiet = await cutting.finish(await client.rankings.make(random))
    expect(await cut()).toBeNull()
    const first = await cutting.finish(await client.rankings.make({ ...random, use: true }))
    const { neuronCount } = (await client.rankings.list())[0]!
    expect(await cut()).toEqual({ ranking: first, k: Math.round(0.02 * neuronCount) })
    await client.workspace.setCut({ ranking: first, k: 9 })
    const second = await cutting.finish(await client.rankings.make({ ...random, seed: 8, use: true }))
    expect(await cut()).toEqual({ ranking: second, k: 9 })

    const started = await client.rankings.make({ ...random, seed: 9, use: true })
    await client.workspace.setCut({ ranking: quiet, k: 4 })
    await cutting.finish(started)
    expect(await cut()).toEqual({ ranking: quiet, k: 4 })
  })
})
