import type { Run, SweepPointView } from '../../contract/workbench/runs.ts'
import { type CurveChoice, shortNames } from './curve-data.ts'
import { dropOf, wordsOf } from './measure-words.ts'

interface Drop {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** A plan on the trade-off plane: how much it takes from what should go, and from what should stay. */
export interface TradeOffPoint {
  readonly key: string
  readonly label: string
  readonly group: string
  /** Id of the ranking's method; '' for a measured plan. */
  readonly method: string
  readonly k: number
  readonly ranking: string | null
  readonly kind: 'plan' | 'sweep' | 'control'
  readonly forget: Drop
  readonly retain: Drop
  /** True where the intervals are of paired differences; sweep points carry the interval of the measure itself. */
  readonly paired: boolean
}

/** A fully measured run as a point, or null when it lacks either measure. Its intervals are paired. */
export function pointOfRun(run: Run, forget: CurveChoice, retain: CurveChoice): TradeOffPoint | null {
  const forgetDrop = dropOfRun(run, forget)
  const retainDrop = dropOfRun(run, retain)
  if (!forgetDrop || !retainDrop) return null
  return {
    key: `run ${run.id}`,
    label: run.title,
    group: 'Measured plans',
    method: '',
    k: run.k,
    ranking: run.ranking,
    kind: 'plan',
    forget: forgetDrop,
    retain: retainDrop,
    paired: true,
  }
}

function dropOfRun(run: Run, choice: CurveChoice): Drop | null {
  const comparison = run.comparisons.find((other) => `${other.side}/${other.dataset}/${other.estimator}` === choice.key)
  if (!comparison?.delta) return null
  const { value, low, high } = comparison.delta
  return wordsOf(choice.estimator).better === 'lower' ? { value, low, high } : { value: -value, low: -high, high: -low }
}

/** The points of a sweep, as drops from the ranking's own point at k = 0 (or any ranking's: they are the same model). */
export function pointsOfSweep(
  points: readonly SweepPointView[],
  forget: CurveChoice,
  retain: CurveChoice,
): TradeOffPoint[] {
  const forgetAtZero = valueOf(points, forget, (point) => point.k === 0)
  const retainAtZero = valueOf(points, retain, (point) => point.k === 0)
  if (!forgetAtZero || !retainAtZero) return []
  const found: TradeOffPoint[] = []
  const seen = new Set<string>()
  for (const point of points) {
    const group = point.control ? 'Random control' : point.ranking
    const key = `${group} ${point.rankingId ?? ''} ${point.k}`
    if (seen.has(key)) continue
    const same = (other: SweepPointView) =>
      other.k === point.k && other.control === point.control && (point.control || other.rankingId === point.rankingId)
    const forgetHere = valueOf(points, forget, same)
    const retainHere = valueOf(points, retain, same)
    if (!forgetHere || !retainHere) continue
    seen.add(key)
    found.push({
      key,
      label: `${group}, k = ${point.k.toLocaleString('en-US')}`,
      group,
      method: point.method,
      k: point.k,
      ranking: point.control ? null : point.rankingId,
      kind: point.control ? 'control' : 'sweep',
      forget: dropFrom(forgetAtZero.value, forgetHere, forget.estimator),
      retain: dropFrom(retainAtZero.value, retainHere, retain.estimator),
      paired: false,
    })
  }
  const groups = [...new Set(found.map((point) => point.group))]
  const names = shortNames(groups)
  return found
    .map((point) => ({ ...point, group: names[groups.indexOf(point.group)] ?? point.group }))
    .sort((a, b) => rankOfKind(a) - rankOfKind(b) || a.group.localeCompare(b.group) || a.k - b.k)
}

/** The control is drawn first, under the others. */
function rankOfKind({ kind }: TradeOffPoint): number {
  return kind === 'control' ? 0 : 1
}

function dropFrom(original: number, here: Drop, estimator: string): Drop {
  const ends = [dropOf(original, here.low, estimator), dropOf(original, here.high, estimator)]
  return { value: dropOf(original, here.value, estimator), low: Math.min(...ends), high: Math.max(...ends) }
}

function valueOf(
  points: readonly SweepPointView[],
  choice: CurveChoice,
  matches: (point: SweepPointView) => boolean,
): Drop | null {
  for (const point of points) {
    if (`${point.side}/${point.dataset ?? point.name}/${choice.estimator}` !== choice.key || !matches(point)) continue
    const summary = point.results[choice.estimator]
    if (summary?.ok) return { value: summary.value, low: summary.ci.low, high: summary.ci.high }
  }
  return null
}
