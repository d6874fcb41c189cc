import { SnipError } from '../../../contract/failure.ts'
import { readTextFile } from '../files-of-lines.ts'
import { rankParamsSchema, type RankParams } from '../rankings/rank-job.ts'
import { startRanking } from '../rankings/rankings.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

/** Makes the ranking in use anew, as it was made, from what is there now. The new one takes its place and keeps the size of the cut. */
export async function rankAgain(session: WorkbenchSession): Promise<string> {
  const workspace = session.workspace()
  const id = workspace.store.get('cut', 'cut')?.ranking ?? null
  const ranking = id === null ? null : workspace.store.get('ranking', id)
  if (id === null || ranking === null) {
    throw new SnipError('not-found', 'No ranking is in use that could be made again', {
      remedy: 'Rank the neurons in "Rank and prune" first.',
    })
  }
  return startRanking(session, { ...paramsOf(workspace, id, ranking), takesPlaceOf: id })
}

/** What the ranking's job was asked for; of one that no job made, what its document says. */
function paramsOf(workspace: OpenWorkspace, id: string, ranking: Documents['ranking']): RankParams {
  const { method, preset, params, seed, inputs } = ranking
  const { forget, retain } = inputs
  try {
    const request = JSON.parse(readTextFile(workspace.file('jobs', id, 'request.json'))) as { params?: unknown }
    const asked = rankParamsSchema.parse(request.params)
    if (asked.method === method) return asked
  } catch {
    // It came with the workspace, or its job's folder is gone.
  }
  return rankParamsSchema.parse({ method, preset, params, seed: seed ?? 1, forget, retain })
}
