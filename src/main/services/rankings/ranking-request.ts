import { readTextFile } from '../files-of-lines.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { rankParamsSchema, type RankParams } from './rank-job.ts'

/** What a ranking's job was asked for; of one that no job made, what its document says. */
export function requestOfRanking(workspace: OpenWorkspace, id: string, ranking: Documents['ranking']): RankParams {
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
