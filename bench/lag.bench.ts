import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gpt2Small } from './checkpoint/shapes.ts'
import { cacheFolder } from './harness/cache.ts'
import { hostWith, last, textCorpus } from './harness/host.ts'
import { readOptions, report } from './harness/report.ts'

const tickMs = 5

interface Ticks {
  /** Ascending: how much later than asked each tick came. */
  readonly lags: readonly number[]
  /** Ascending: CPU time that this process used between two ticks: what of a lag can be its own doing. */
  readonly ownMs: readonly number[]
}

/** Watches a 5 ms ticker of this process while `work` goes on. */
async function ticksDuring(work: () => Promise<unknown>): Promise<Ticks> {
  const lags: number[] = []
  const ownMs: number[] = []
  let before = performance.now()
  let cpu = process.cpuUsage()
  const timer = setInterval(() => {
    const now = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    lags.push(Math.max(0, now - before - tickMs))
    ownMs.push((user + system) / 1000)
    before = now
    cpu = process.cpuUsage()
  }, tickMs)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  const ascending = (values: number[]) => values.toSorted((a, b) => a - b)
  return { lags: ascending(lags), ownMs: ascending(ownMs) }
}

function reportLag(name: string, { lags, ownMs }: Ticks, judged: boolean): void {
  const target = judged ? ({ relation: 'at most', value: 20 } as const) : null
  const amount = (what: string, values: readonly number[]) => {
    const at = (share: number) => values[Math.min(values.length - 1, Math.floor(share * values.length))]!
    const value = { min: at(0.5), median: at(0.99), max: at(1) }
    report({ kind: 'amount', name: `${what}, ${name}: p99 (p50-max)`, unit: 'ms', value, count: values.length, target })
  }
  amount('main loop lag', lags)
  amount('CPU time of the main loop between ticks', ownMs)
}

const { quick } = readOptions()
const { host, handle } = await hostWith(gpt2Small, 2)
const corpus = await textCorpus(host, handle, quick ? 4096 : 16384)
const directory = mkdtempSync(join(cacheFolder(), 'lag-'))
try {
  reportLag('engine idle', await ticksDuring(() => sleep(quick ? 3000 : 10_000)), false)
  const record = () => host.client.record({ handle, corpus, directory, sites: ['mlp', 'attention'], seed: 1 })
  reportLag('engine recording', await ticksDuring(async () => last(await record())), true)
  const losses = () => host.client.losses({ handle, corpus, plan: null, ranks: true })
  reportLag('engine evaluating', await ticksDuring(async () => last(await losses())), true)
} finally {
  rmSync(directory, { recursive: true, force: true })
  await host.stop()
}
