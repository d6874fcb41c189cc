import { beforeAll, expect, test } from 'vitest'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { scratchFolder } from './expectations.ts'
import { finished, startWorkbench } from './workbench.ts'

const work = scratchFolder('forget-exchange')

let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']

async function orderOf(id: string) {
  const { rows, scores } = await client.rankings.order({ id })
  return {
    rows: Array.from(new Uint32Array(await rows.arrayBuffer())),
    scores: Array.from(new Float32Array(await scores.arrayBuffer())),
  }
}

/** Rows and scores of SNIP with protected concepts, in its order. */
async function ranked() {
  const common = { method: 'snip', preset: 'protected', params: {}, seed: 1, forget: null, retain: null }
  const { result } = await finished(session, await client.rankings.make(common))
  return orderOf(result!)
}

beforeAll(async () => {
  ;({ session, client } = await startWorkbench(work))
  await client.workspace.openDemo({ fresh: true })
}, 120_000)

test('an export of both lists ranks a second workspace as the first, to the last bit', async () => {
  const { forgetConcepts: forget, protectedConcepts: kept } = client
  const [first, second] = await forget.list()
  await forget.change({ id: first!.id, weight: 0.1 + 0.2 })
  await forget.change({ id: second!.id, enabled: false })
  await forget.add({ text: '=verbs; "and" names', weight: 2.5 })
  await kept.add({ text: 'numbers and digits', weight: 0.7 })
  const own = await ranked()
  expect(own.rows).toHaveLength(3072)
  const { path } = await client.exchange.write({ table: 'forget-and-protected', format: 'csv', ranking: null })
  await client.workspace.openDemo({ fresh: true })
  // The lists of the demo rank otherwise.
  const usual = await orderOf('forget-code.snip')
  expect(usual.scores.filter((score, at) => score !== own.scores[at]).length).toBeGreaterThan(1000)
  const file = session.grants.grant(path).id
  const { hash, others } = await forget.lookAtFile({ file, side: 'forget' })
  expect(others).toBe(0)
  await forget.importFile({ file, side: 'forget', hash, how: 'replace' })
  expect(await ranked()).toEqual(own)
})
