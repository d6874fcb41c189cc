import { SnipError } from '../../../contract/failure.ts'
import { loadData, type DataInUse } from '../data-in-use/data-in-use.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Task } from '../task.ts'

/**
 * Reads an imported data set for a piece of work. Throws `not-found`, or `bad-data` when its documents are not those that
 * were imported: what is made of them would carry their name.
 */
export async function loadDataset(workspace: OpenWorkspace, id: string, task: Task): Promise<DataInUse> {
  const { request, document } = datasetInUse(workspace, id)
  const data = await loadData(request, task)
  if (data.dataHash === document.dataHash) return data
  throw new SnipError('bad-data', changedData(document.name, request.path), { remedy: changedDataRemedy })
}

/** The texts of an imported data set. Throws as `loadDataset` does. */
export async function textsOfDataset(workspace: OpenWorkspace, id: string, task: Task): Promise<string[]> {
  const { documents } = await loadDataset(workspace, id, task)
  return documents.map(({ text }) => text)
}

export function changedData(name: string, path: string): string {
  return `The file of "${name}" has changed since it was imported: ${path}`
}

export const changedDataRemedy = 'Put the former file back, or import it again.'
