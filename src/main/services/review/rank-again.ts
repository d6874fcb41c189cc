import { SnipError } from '../../../contract/failure.ts'
import { startRanking } from '../rankings/rankings.ts'
import type { WorkbenchSession } from '../session/session.ts'

/** Makes the ranking in use anew, as it was made, from what is there now. The new one takes its place and keeps the size of the cut. */
export async function rankAgain(session: WorkbenchSession): Promise<string> {
  const { store } = session.workspace()
  const id = store.get('cut', 'cut')?.ranking ?? null
  const ranking = id === null ? null : store.get('ranking', id)
  if (ranking === null) {
    throw new SnipError('not-found', 'No ranking is in use that could be made again', {
      remedy: 'Rank the neurons in "Rank and prune" first.',
    })
  }
  const { method, preset, params, seed, inputs } = ranking
  return startRanking(session, {
    method,
    preset,
    params,
    seed: seed ?? 1,
    forget: inputs.forget,
    retain: inputs.retain,
    takesPlaceOf: id,
  })
}
