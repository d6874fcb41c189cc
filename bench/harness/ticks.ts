import { report } from './report.ts'

const tickMs = 5

export interface Ticks {
  /** Ascending: how much later than asked each tick came. */
  readonly lags: readonly number[]
  /** Ascending: CPU time that this process used between two ticks: what of a lag can be its own doing. */
  readonly ownMs: readonly number[]
}

/** Watches a 5 ms ticker of this process while `work` goes on. */
export async function ticksDuring(work: () => Promise<unknown>): Promise<Ticks> {
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

/** Reports how late ticks came, and how much of it was this process's own doing; the target is that of the main loop. */
export function reportLag(name: string, { lags, ownMs }: Ticks, judged: boolean): void {
  const target = judged ? ({ relation: 'at most', value: 20 } as const) : null
  const amount = (what: string, values: readonly number[]) => {
    const at = (share: number) => values[Math.min(values.length - 1, Math.floor(share * values.length))]!
    const value = { min: at(0.5), median: at(0.99), max: at(1) }
    report({ kind: 'amount', name: `${what}, ${name}: p99 (p50-max)`, unit: 'ms', value, count: values.length, target })
  }
  amount('main loop lag', lags)
  amount('CPU time of the main loop between ticks', ownMs)
}
