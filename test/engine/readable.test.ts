import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeUint32 } from '../../src/main/engine-host/client/bulk.ts'
import { makePlantedGpt2 } from '../support/models/planted.ts'
import { scratchFolder } from './expectations.ts'
import { openHandle } from './families.ts'
import { startHost, type TestHost } from './host.ts'

const work = scratchFolder('readable')
let host: TestHost
let handle: string

beforeAll(async () => {
  host = await startHost()
  handle = (await openHandle(host, makePlantedGpt2(join(work, 'planted')).directory)).handle
})
afterAll(() => host.stop())

const mixed = 'the שלום 👩‍👩‍👧 and مرحبا \u0301é 🇩🇪'

describe('pieces of a window', () => {
  test('are one for each token and join to the text, right to left and emoji alike', async () => {
    const { ids } = await host.client.encode({ handle, text: mixed, specialTokens: false })
    const { pieces } = await host.client.pieces({ handle, windows: [ids] })
    expect(pieces[0]).toHaveLength(ids.length)
    expect(pieces[0]!.join('')).toBe(mixed)
    // Each byte of an emoji is a token of its own here: the first one shows it.
    expect(pieces[0]!.filter((piece) => piece === '👧')).toHaveLength(1)
  })

  test('show bytes that a window cut off from their character as bytes', async () => {
    const { ids } = await host.client.encode({ handle, text: '👧', specialTokens: false })
    const { pieces } = await host.client.pieces({ handle, windows: [ids.slice(1), ids.slice(0, 3)] })
    expect(pieces).toEqual([
      ['<0x9F>', '<0x91>', '<0xA7>'],
      ['<0xF0>', '<0x9F>', '<0x91>'],
    ])
  })
})

describe('token lengths', () => {
  test('count the tokens of each text', async () => {
    const texts = [mixed, '', 'the', 'qqq', 'and the '.repeat(30_000)]
    const expected = await Promise.all(
      texts.map(async (text) => (await host.client.encode({ handle, text, specialTokens: false })).ids.length),
    )
    const { lengths } = await host.client.tokenLengths({ handle, texts })
    expect([...decodeUint32(lengths)]).toEqual(expected)
    expect(expected[1]).toBe(0)
    expect(expected[3]).toBe(3)
  })
})

describe('what a sentence predicts', () => {
  test('is a level for each token, by the strength of its clause, and 0 where nothing holds', async () => {
    const { ids } = await host.client.encode({ handle, text: 'q1q', specialTokens: false })
    const { levels } = await host.client.simulate({
      handle,
      text: 'the token "q"',
      windows: [ids, [ids[1]!]],
    })
    expect(levels).toEqual([[1, 0, 1], [0]])
  })

  test('is nothing for a sentence that the simulator cannot read', async () => {
    const windows = [[1, 2]]
    expect(await host.client.simulate({ handle, text: 'something about love', windows })).toEqual({ levels: null })
    expect(await host.client.simulate({ handle, text: 'no describable pattern', windows })).toEqual({ levels: null })
  })
})

describe('explainers', () => {
  test('are told by id, name and source', async () => {
    const explainers = await host.client.explainers()
    expect(explainers.map(({ id }) => id)).toContain('lexical')
    for (const { name, citation } of explainers) expect(name.length * citation.length).toBeGreaterThan(0)
  })
})
