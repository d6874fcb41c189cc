import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openModel } from '../../src/main/engine-host/model/open-model.ts'
import { Shelf } from '../../src/main/engine-host/operations/corpora.ts'
import { int64Tensor, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { runSession } from '../../src/main/engine-host/sessions/session.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { expectFailure, failureOf, scratchFolder } from './expectations.ts'

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

describe('leased sessions', () => {
  const others = [purposes.logits, purposes.losses, purposes.branches, purposes.generate, purposes.lossesAndRanks]
  const feeds = { input_ids: int64Tensor([1, 2, 3], [1, 3]) }
  const open = () => openModel({ path: directory, tokenizer: null, threads: 1, provider: 'cpu' })

  test('outlive any number of later ones, and no more than four stay once they are given back', async () => {
    const { sessions } = await open()
    const lease = await sessions.lease(purposes.activations)
    const before = await lease.run(feeds)
    const kept = await Promise.all(others.map((purpose) => sessions.lease(purpose)))
    expect(sessions.size).toBe(6)
    const after = await lease.run(feeds)
    const name = 'mlp.0.activations'
    expect(after[name]!.data).toEqual(before[name]!.data)
    for (const other of kept) await other.release()
    expect(sessions.size).toBe(4)
    expect((await lease.run(feeds))[name]!.data).toEqual(before[name]!.data)
    await lease.release()
    await lease.release()
    expect(sessions.size).toBe(4)
    await sessions.release()
    expect(sessions.size).toBe(0)
  })

  test('are freed after their last user when the model is put away meanwhile', async () => {
    const { sessions } = await open()
    const first = await sessions.lease(purposes.activations)
    const second = await sessions.lease(purposes.activations)
    await sessions.release()
    await first.release()
    const results = await second.run(feeds)
    expect(results['mlp.0.activations']!.dims).toEqual([3, 96])
    await second.release()
    await failureOf(() => second.run(feeds))
  })
})

describe('a run that needs more memory than there is', () => {
  test.each([
    'std::bad_alloc',
    'Failed to allocate memory for requested buffer of size 8589934592',
    'CUDA out of memory',
  ])('fails as out of memory, with what to do: %s', async (message) => {
    const session = { run: () => Promise.reject(new Error(message)) }
    const failure = await expectFailure(() => runSession(session, {}), 'out-of-memory', 'not enough memory')
    expect(failure.detail).toBe(message)
  })

  test('is not confused with any other failure', async () => {
    const session = { run: () => Promise.reject(new Error('Got invalid dimensions for input')) }
    expect(await failureOf(() => runSession(session, {}))).toMatchObject({
      message: 'Got invalid dimensions for input',
    })
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
