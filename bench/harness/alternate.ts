import { setTimeout as sleep } from 'node:timers/promises'

/** What one run took: wall time, and the CPU time (user + system) of the process that ran it. */
export interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
}

/** Smallest, middle and largest of some values. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Pairs of runs: how long each side took, and the ratio first : second within each pair. */
export interface Alternated {
  readonly pairs: number
  readonly first: { readonly wallMs: Spread; readonly cpuMs: Spread }
  readonly second: { readonly wallMs: Spread; readonly cpuMs: Spread }
  readonly wallRatio: Spread
  readonly cpuRatio: Spread
}

export type Run = () => Promise<Cost>

/** Threads of the side that rests spin for some milliseconds after their work: they must be asleep before the other begins. */
const restMs = 60

/**
 * Runs two things in turn, A B A B, after `warmUps` runs of each that do not count. Whatever slows the machine for longer than a pair
 * slows both sides of it, so the ratios within pairs are steadier than either time.
 */
export async function alternate(first: Run, second: Run, pairs: number, warmUps = 1): Promise<Alternated> {
  for (let i = 0; i < warmUps; i++) {
    await first()
    await second()
  }
  const a: Cost[] = []
  const b: Cost[] = []
  for (let i = 0; i < pairs; i++) {
    await sleep(restMs)
    a.push(await first())
    await sleep(restMs)
    b.push(await second())
  }
  return summarise(a, b)
}

/** Pairs up costs that were measured in turn. */
export function summarise(a: readonly Cost[], b: readonly Cost[]): Alternated {
  return {
    pairs: a.length,
    first: { wallMs: spread(a.map(({ wallMs }) => wallMs)), cpuMs: spread(a.map(({ cpuMs }) => cpuMs)) },
    second: { wallMs: spread(b.map(({ wallMs }) => wallMs)), cpuMs: spread(b.map(({ cpuMs }) => cpuMs)) },
    wallRatio: spread(a.map(({ wallMs }, i) => wallMs / b[i]!.wallMs)),
    cpuRatio: spread(a.map(({ cpuMs }, i) => cpuMs / b[i]!.cpuMs)),
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((x, y) => x - y)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

/** Measures something that runs in this process. */
export async function cost(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs, cpuMs: (user + system) / 1000 }
}
