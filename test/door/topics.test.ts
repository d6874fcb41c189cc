import { QueryClient } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'
import { topicSchema } from '../../src/contract/workbench/events.ts'
import { workbenchContract } from '../../src/contract/workbench/index.ts'
import type { Job } from '../../src/contract/workbench/jobs.ts'
import { applyEvent, queryKeysOf } from '../../src/renderer/rpc/topics.ts'

const job: Job = {
  id: 'j1',
  kind: 'record',
  title: 'Record',
  state: 'running',
  startedAt: 1,
  endedAt: null,
  progress: null,
  secondsLeft: null,
  failure: null,
  warnings: [],
  resumable: false,
  result: null,
}

describe('topics', () => {
  test('every topic names queries that the contract has', () => {
    for (const topic of topicSchema.options) {
      const keys = queryKeysOf([topic])
      expect(keys.length, topic).toBeGreaterThan(0)
      for (const [path] of keys as [readonly string[]][]) {
        let at: unknown = workbenchContract
        for (const part of path) at = (at as Record<string, unknown>)[part]
        expect(at, path.join('.')).toBeDefined()
      }
    }
  })

  test('a change asks again for what shows it, and for the steps, and for nothing else', async () => {
    const queries = new QueryClient()
    const keys = {
      table: [['neurons', 'table'], { type: 'query' }],
      page: [['neurons', 'page'], { type: 'query', input: { neuron: 'mlp:0:1' } }],
      datasets: [['datasets', 'list'], { type: 'query' }],
      current: [['workspace', 'current'], { type: 'query' }],
    }
    for (const key of Object.values(keys)) queries.setQueryData(key, 1)
    await applyEvent(queries, { kind: 'changed', topics: ['concepts'], revision: 1 }, false)
    const stale = Object.entries(keys).filter(([, key]) => queries.getQueryState(key)?.isInvalidated)
    expect(stale.map(([name]) => name)).toEqual(['table', 'page', 'current'])
  })

  test('the news of a job replace it in the list, or put it first', async () => {
    const queries = new QueryClient()
    const key = [['jobs', 'list'], { type: 'query' }]
    queries.setQueryData(key, [job])
    await applyEvent(queries, { kind: 'job', job: { ...job, state: 'done' } }, false)
    expect(queries.getQueryData<Job[]>(key)?.map(({ state }) => state)).toEqual(['done'])
    await applyEvent(queries, { kind: 'job', job: { ...job, id: 'j2' } }, false)
    expect(queries.getQueryData<Job[]>(key)?.map(({ id }) => id)).toEqual(['j2', 'j1'])
  })

  test('the first hello leaves queries alone that are under way', async () => {
    const queries = new QueryClient()
    let asked = 0
    let answer: (value: number) => void = () => {}
    const query = queries.fetchQuery({
      queryKey: [['jobs', 'list']],
      queryFn: () => {
        asked++
        return new Promise<number>((resolve) => (answer = resolve))
      },
    })
    await applyEvent(queries, { kind: 'hello', process: 'p', revision: 0 }, true)
    answer(5)
    expect(await query).toBe(5)
    expect(asked).toBe(1)
    expect(queries.getQueryState([['jobs', 'list']])?.isInvalidated).toBe(false)
  })
})
