import { appendFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import type { Alternated, Spread } from './alternate.ts'

export interface Target {
  readonly relation: 'at least' | 'at most'
  readonly value: number
  /** Which of a ratio's two times the target is judged by. */
  readonly by?: 'wall' | 'cpu'
}

/** One line of the table: a ratio of two alternated sides, or an amount. */
export type Figure =
  | ({
      readonly kind: 'ratio'
      readonly name: string
      readonly sides: readonly [string, string]
      readonly target: Target | null
    } & Alternated)
  | {
      readonly kind: 'amount'
      readonly name: string
      readonly unit: string
      readonly value: Spread
      readonly count: number
      readonly target: Target | null
    }

export interface BenchOptions {
  readonly threads: readonly number[]
  /** Few and short runs, to see that everything works. */
  readonly quick: boolean
}

/** Reads `--threads 1,2` and `--quick`. */
export function readOptions(args: readonly string[] = process.argv.slice(2)): BenchOptions {
  const at = args.indexOf('--threads')
  const threads = at < 0 ? [2, 1] : args[at + 1]!.split(',').map(Number)
  return { threads, quick: args.includes('--quick') }
}

/** Prints a figure, and adds it as a line of JSON to the file `SNIP_BENCH_OUT` when that is set. */
export function report(figure: Figure): void {
  console.log(describe(figure))
  const out = process.env['SNIP_BENCH_OUT']
  if (out === undefined) return
  appendFileSync(out, `${JSON.stringify({ ...figure, met: met(figure), load: loadavg()[0] })}\n`)
}

/** Whether the median meets the target; null without one. */
export function met({ target, ...figure }: Figure): boolean | null {
  if (target === null) return null
  const value =
    figure.kind === 'amount' ? figure.value.median : figure[target.by === 'cpu' ? 'cpuRatio' : 'wallRatio'].median
  return target.relation === 'at least' ? value >= target.value : value <= target.value
}

function describe(figure: Figure): string {
  const verdict = met(figure)
  const { target } = figure
  const judged =
    target === null
      ? ''
      : ` | target ${target.relation} ${target.value}${target.by ? ` by ${target.by}` : ''}: ${verdict ? 'met' : 'MISSED'}`
  const range = ({ min, median, max }: Spread, digits: number) =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`
  if (figure.kind === 'amount') {
    return `${figure.name}: ${range(figure.value, 1)} ${figure.unit}, n = ${figure.count}${judged}`
  }
  const [a, b] = figure.sides
  const side = (name: string, { wallMs, cpuMs }: Alternated['first']) =>
    `${name} ${wallMs.median.toFixed(0)} ms wall ${cpuMs.median.toFixed(0)} ms CPU`
  const ratios = `wall ${range(figure.wallRatio, 3)} CPU ${range(figure.cpuRatio, 3)}`
  const best = `best wall ${(figure.first.wallMs.min / figure.second.wallMs.min).toFixed(3)} CPU ${(figure.first.cpuMs.min / figure.second.cpuMs.min).toFixed(3)}`
  return `${figure.name}: ${a} : ${b} = ${ratios} ${best}, ${figure.pairs} pairs; ${side(a, figure.first)}; ${side(b, figure.second)}${judged}`
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
