import { SnipError } from '../../../contract/failure.ts'
import type { Plan, Ranking } from '../../../contract/files.ts'
import { planFromRanking } from '../../../core/pruning/plan.ts'
import { resolveTop } from '../../../core/pruning/plan-top.ts'

/** A ranking of a sweep, by its label: the path that the user gave, or a recipe's name for it. */
export interface SweptRanking {
  readonly label: string
  readonly ranking: Ranking
}

/** One pruned model of a sweep. */
export interface SweepPoint {
  readonly ranking: string
  readonly method: string
  /** The true number of neurons pruned. */
  readonly k: number
  /** k over the neurons of the ranked sites. */
  readonly fraction: number
  /** Null at k = 0: the model as it is. */
  readonly plan: Plan | null
  readonly warnings: readonly string[]
  /** Label of the ranking whose true k this random control takes. */
  readonly controlOf?: string
}

/** Reads `0,0.5%,1%,737`. Throws `bad-argument`. */
export function parseGrid(text: string): string[] {
  const tops = text.split(',').map((part) => part.trim())
  if (tops.some((top) => top === '')) {
    throw new SnipError('bad-argument', `The grid '${text}' has an empty part`, { remedy: 'Use for instance 0,1%,2%.' })
  }
  return tops
}

/**
 * Every ranking at every k of the grid, in the order given. Where a ranking has fewer neurons than asked for, each
 * random ranking is pruned at that true k, too: the control of a ranking has as many neurons as the ranking itself.
 */
export function sweepPoints(rankings: readonly SweptRanking[], grid: readonly string[]): SweepPoint[] {
  const points: SweepPoint[] = []
  for (const swept of rankings) {
    for (const top of grid) {
      const point = pointOf(swept, top)
      points.push(point)
      if (swept.ranking.header.method === 'random') continue
      if (point.k === resolveTop(top, swept.ranking.header.neuronCount) || point.k === 0) continue
      for (const control of rankings) {
        if (control.ranking.header.method === 'random') {
          points.push({ ...pointOf(control, String(point.k)), controlOf: swept.label })
        }
      }
    }
  }
  return points
}

function pointOf({ label, ranking }: SweptRanking, top: string): SweepPoint {
  const { plan, k, warnings } = planFromRanking(ranking, top)
  const { method, neuronCount } = ranking.header
  const fraction = neuronCount === 0 ? 0 : k / neuronCount
  return { ranking: label, method, k, fraction, plan: k === 0 ? null : plan, warnings }
}
