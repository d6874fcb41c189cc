import { noRow, tableRowsOf } from '../../../core/ranking/neuron-space.ts'
import type { Evidence } from '../neurons/evidence.ts'
import { rankingInOrder } from '../rankings/ranking-orders.ts'
import type { WorkbenchSession } from '../session/session.ts'

/**
 * How far each row of the neuron table is from the cut in use: 1 for the last neuron that goes, -1 for the first that stays, NaN for
 * those that are not in the ranking. Null when there is no cut.
 */
export async function cutDistances(session: WorkbenchSession, evidence: Evidence): Promise<Float32Array | null> {
  const cut = session.workspace().store.get('cut', 'cut')
  if (cut === null) return null
  const { flats, space } = await rankingInOrder(session, cut.ranking)
  return distancesFrom(tableRowsOf(space, evidence.recording.sites, flats), cut.k, evidence.rows)
}

/** Distances from the cut after the first `k` of an order of rows. */
export function distancesFrom(ordered: ArrayLike<number>, k: number, rows: number): Float32Array {
  const distances = new Float32Array(rows).fill(Number.NaN)
  for (let place = 0; place < ordered.length; place++) {
    const row = ordered[place]!
    if (row !== noRow) distances[row] = place < k ? k - place : k - place - 1
  }
  return distances
}
