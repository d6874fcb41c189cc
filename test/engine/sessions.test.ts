import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openModel } from '../../src/main/engine-host/model/open-model.ts'
import { Shelf } from '../../src/main/engine-host/operations/corpora.ts'
import { purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { failureOf, scratchFolder } from './expectations.ts'

const { directory } = makeGpt2(join(scratchFolder('sessions'), 'model'), { layers: 1 })

describe('sessions of a model', () => {
  test('asked for twice at once are made once, also while another one is being put away', async () => {
    const { sessions } = await openModel({ path: directory, tokenizer: null, threads: 1, provider: 'cpu' })
    for (const purpose of [purposes.logits, purposes.losses, purposes.branches, purposes.generate]) {
      const [first, second] = await Promise.all([sessions.get(purpose), sessions.get(purpose)])
      expect(first).toBe(second)
    }
    const [first, second] = await Promise.all([sessions.get(purposes.activations), sessions.get(purposes.activations)])
    expect(first).toBe(second)
    expect(await sessions.get(purposes.activations)).toBe(first)
    await sessions.release()
    expect(await sessions.get(purposes.activations)).not.toBe(first)
    await sessions.release()
  })
})

describe('handles', () => {
  test('of one host name nothing in the next', async () => {
    const before = new Shelf<string>('model')
    const after = new Shelf<string>('model')
    const handle = before.add('a')
    expect(after.add('b')).not.toBe(handle)
    expect(before.get(handle)).toBe('a')
    const error = await failureOf(() => Promise.resolve().then(() => after.get(handle)))
    expect(error).toMatchObject({ kind: 'not-found' })
  })
})
