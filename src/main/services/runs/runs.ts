import { SnipError } from '../../../contract/failure.ts'
import type { Run } from '../../../contract/workbench/runs.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Task } from '../task.ts'
import type { Documents } from '../workspace/documents.ts'
import { datasetInUse } from './evaluation-sets.ts'
import { requireSetResults } from './run-files.ts'
import { unitTexts } from './unit-texts.ts'

/** Runs, newest first; those that are out of date say why. */
export function listRuns(workspace: OpenWorkspace): Run[] {
  return [...workspace.store.all('run')].toReversed().map(([id, document]) => {
    const { title, ranking, k, planHash, seed, at, comparisons } = document
    return { id, title, ranking, k, planHash, seed, at, stale: staleRun(document, workspace), comparisons }
  })
}

function staleRun({ modelHash, measures }: Documents['run'], { store }: OpenWorkspace): string | null {
  const now = store.get('model', 'model')?.modelHash ?? null
  if (now !== null && now !== modelHash) return 'The model changed after the measurement'
  for (const { dataset, dataHash } of measures) {
    const document = store.get('dataset', dataset)
    if (document === null) return 'A data set that was measured on was removed'
    if (document.dataHash !== dataHash) return `The data set ${document.name} changed after the measurement`
  }
  return null
}

export interface ExamplesRequest {
  readonly run: string
  readonly dataset: string
  readonly estimator: string
  readonly offset: number
  readonly limit: number
}

/** The windows or questions behind a number with their values under both models, largest change first. */
export async function examplesOfRun(session: WorkbenchSession, request: ExamplesRequest, task: Task) {
  const workspace = session.workspace()
  const { run, dataset, estimator, offset, limit } = request
  const document = workspace.store.get('run', run)
  if (document === null) throw new SnipError('not-found', 'There is no such run any more')
  const results = requireSetResults(workspace, document.folder, dataset)
  const original = results.original[estimator]
  const unlearned = results.unlearned[estimator]
  if (!original?.ok || !unlearned?.ok) {
    throw new SnipError('bad-argument', `The run has no values of ${estimator} on this data set`, {
      remedy: 'Choose a number that was measured.',
    })
  }
  const order = Array.from(original.byIndex, (_, at) => at)
  const change = (at: number) => Math.abs((unlearned.byIndex[at] as number) - (original.byIndex[at] as number))
  order.sort((a, b) => change(b) - change(a) || a - b)
  const { texts, dataHash } = await unitTexts(session, datasetInUse(workspace, dataset), original, task)
  if (dataHash !== results.dataHash) {
    throw new SnipError('bad-data', 'The data set changed after the measurement, so its texts do not fit the values', {
      remedy: 'Measure again.',
    })
  }
  const examples = order.slice(offset, offset + limit).map((at) => ({
    index: at,
    text: texts[at] ?? '',
    original: original.byIndex[at] as number,
    unlearned: unlearned.byIndex[at] as number,
  }))
  return { total: order.length, unit: original.unit, examples }
}

/** Takes a run off the list. Its values stay on the disk, so that undo brings it back. */
export async function removeRun({ store }: OpenWorkspace, id: string): Promise<void> {
  const document = store.get('run', id)
  if (document === null) throw new SnipError('not-found', 'There is no such run any more')
  await store.edit(`Removed the run ${document.title}`, [{ kind: 'run', key: id, after: null }])
}
