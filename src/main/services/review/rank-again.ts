import { SnipError } from '../../../contract/failure.ts'
import { requestOfRanking } from '../rankings/ranking-request.ts'
import { startRanking } from '../rankings/rankings.ts'
import type { WorkbenchSession } from '../session/session.ts'

/** Makes the ranking in use anew, as it was made and under the same caps, from what is there now. The new one takes its place and keeps the size of the cut. */
export async function rankAgain(session: WorkbenchSession): Promise<string> {
  const workspace = session.workspace()
  const id = workspace.store.get('cut', 'cut')?.ranking ?? null
  const ranking = id === null ? null : workspace.store.get('ranking', id)
  if (id === null || ranking === null) {
    throw new SnipError('not-found', 'No ranking is in use that could be made again', {
      remedy: 'Rank the neurons in "Rank and prune" first.',
    })
  }
  return startRanking(session, { ...requestOfRanking(workspace, id, ranking), takesPlaceOf: id })
}
