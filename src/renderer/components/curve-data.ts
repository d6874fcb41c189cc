import type { Summary, SweepPointView, SweepView } from '../../contract/workbench/runs.ts'

/** One measured place of a curve; `low` and `high` bound its 95 % interval. */
export interface CurvePoint {
  readonly k: number
  readonly value: number
  readonly low: number
  readonly high: number
}

/** A measure over k: of a ranking, or of the random control. */
export interface CurveSeries {
  readonly key: string
  /** The ranking, or "Random control". */
  readonly label: string
  /** The data that is measured. */
  readonly name: string
  readonly side: 'forget' | 'retain'
  readonly control: boolean
  /** Id of the ranking's method. */
  readonly method: string
  /** The ranking whose curve it is; null for the control. */
  readonly ranking: string | null
  readonly estimator: string
  readonly points: readonly CurvePoint[]
}

/** A measure that a sweep holds for one data set. */
export interface CurveChoice {
  readonly key: string
  readonly name: string
  readonly side: 'forget' | 'retain'
  readonly estimator: string
}

/** Every data set and estimator that a sweep has measured, forget side first. */
export function curveChoices(points: readonly SweepPointView[]): CurveChoice[] {
  const found = new Map<string, CurveChoice>()
  for (const point of points) {
    for (const estimator of Object.keys(point.results)) {
      const key = choiceKey(point, estimator)
      if (!found.has(key)) found.set(key, { key, name: point.name, side: point.side, estimator })
    }
  }
  return [...found.values()].sort((a, b) => a.side.localeCompare(b.side))
}

/** The pair to begin with: a forget measure, and a retain measure by the same estimator where there is one. */
export function firstChoices(choices: readonly CurveChoice[]): {
  forget: CurveChoice | null
  retain: CurveChoice | null
} {
  const of = (side: 'forget' | 'retain') => choices.filter((choice) => choice.side === side)
  const preferred = ['accuracy', 'lossNats', 'top1']
  const rank = (choice: CurveChoice) =>
    (preferred.indexOf(choice.estimator) + preferred.length + 1) % (preferred.length + 1)
  const forget = of('forget').sort((a, b) => rank(a) - rank(b))[0] ?? null
  const retain =
    of('retain').find((choice) => choice.estimator === forget?.estimator) ??
    of('retain').sort((a, b) => rank(a) - rank(b))[0] ??
    null
  return { forget, retain }
}

/** The curves of one choice: each ranking's and, in the same sweep, the control's. Points that failed are left out. */
export function seriesOf(
  points: readonly SweepPointView[],
  choice: CurveChoice,
  rankingId: string | null = null,
): CurveSeries[] {
  const byRanking = new Map<string, { first: SweepPointView; points: CurvePoint[] }>()
  for (const point of points) {
    if (rankingId !== null && !point.control && point.rankingId !== rankingId) continue
    if (choiceKey(point, choice.estimator) !== choice.key) continue
    const summary = point.results[choice.estimator]
    const place = summary ? curvePoint(point.k, summary) : null
    if (!place) continue
    const key = point.control ? 'control' : (point.rankingId ?? point.ranking)
    const entry = byRanking.get(key) ?? { first: point, points: [] }
    if (!entry.points.some((other) => other.k === place.k)) entry.points.push(place)
    byRanking.set(key, entry)
  }
  const series = [...byRanking].map(([key, { first, points: places }]) => ({
    key: `${key} ${choice.key}`,
    label: first.control ? 'Random control' : first.ranking,
    name: choice.name,
    side: choice.side,
    control: first.control,
    method: first.method,
    ranking: first.control ? null : first.rankingId,
    estimator: choice.estimator,
    points: places.sort((a, b) => a.k - b.k),
  }))
  const names = shortNames(series.map((one) => one.label))
  return series
    .map((one, index) => ({ ...one, label: one.control ? one.label : (names[index] ?? one.label) }))
    .sort((a, b) => Number(a.control) - Number(b.control))
}

/** Names without the part behind the last comma that all of them share: "SNIP, Forget Python" becomes "SNIP". */
export function shortNames(names: readonly string[]): string[] {
  const tails = new Set(names.filter((name) => name !== 'Random control').map((name) => /, [^,]*$/.exec(name)?.[0]))
  const [tail] = tails
  if (tails.size !== 1 || tail === undefined) return [...names]
  return names.map((name) => (name.endsWith(tail) ? name.slice(0, -tail.length) : name))
}

function curvePoint(k: number, summary: Summary): CurvePoint | null {
  return summary.ok ? { k, value: summary.value, low: summary.ci.low, high: summary.ci.high } : null
}

function choiceKey(point: SweepPointView, estimator: string): string {
  return `${point.side}/${point.dataset ?? point.name}/${estimator}`
}

/** The newest sweep that has measured a ranking, fresh ones before stale ones. */
export function newestSweepOf(sweeps: readonly SweepView[], rankingId: string): SweepView | null {
  let newest: SweepView | null = null
  for (const sweep of sweeps) {
    if (!sweep.points.some((point) => point.rankingId === rankingId && !point.control)) continue
    const better =
      newest === null || (newest.stale !== null) === (sweep.stale !== null)
        ? newest === null || sweep.at > newest.at
        : newest.stale !== null
    if (better) newest = sweep
  }
  return newest
}

/** Value of a curve at any k, along straight lines between its points; null outside of them. */
export function valueAt(
  points: readonly CurvePoint[],
  k: number,
  place: (k: number) => number = (x) => x,
): number | null {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || k < first.k || k > last.k) return null
  for (let i = 1; i < points.length; i++) {
    const left = points[i - 1]
    const right = points[i]
    if (!left || !right || k > right.k) continue
    const span = place(right.k) - place(left.k)
    const share = span === 0 ? 0 : (place(k) - place(left.k)) / span
    return left.value + share * (right.value - left.value)
  }
  return first.value
}

/** Range and round ticks of an axis that holds all values with a little room. */
export function axisOf(values: readonly number[], count: number): { domain: [number, number]; ticks: number[] } {
  let low = Math.min(...values)
  let high = Math.max(...values)
  if (!(high > low)) {
    const middle = Number.isFinite(low) ? low : 0
    low = middle - 1
    high = middle + 1
  }
  const room = (high - low) * 0.05
  return { domain: [low - room, high + room], ticks: axisTicks(low - room, high + room, count) }
}

/** Round numbers for an axis from `low` to `high`, at most about `count` of them. */
export function axisTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low]
  const rough = (high - low) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? 10 * power
  const ticks: number[] = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step)
  return ticks
}
