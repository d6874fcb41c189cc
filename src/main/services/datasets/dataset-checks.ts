import { statSync } from 'node:fs'
import { toSnipError } from '../../../contract/failure.ts'
import { loadData } from '../data-in-use/data-in-use.ts'
import { withoutFlags } from '../flag-words.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import type { Documents } from '../workspace/documents.ts'
import { changedData, changedDataRemedy } from './load-dataset.ts'

interface FileState {
  readonly bytes: number
  readonly modifiedAt: number
}

/** Size and time of change of a file; null when nothing is there. */
export function stateOfFile(path: string): FileState | null {
  const info = statSync(path, { throwIfNoEntry: false })
  return info?.isFile() ? { bytes: info.size, modifiedAt: info.mtimeMs } : null
}

/**
 * Whether the files of data sets are still what was imported. A file whose size or time has changed is read again, one
 * after the other behind the person's back, and the listeners are told when that comes to something.
 */
export class DatasetChecks {
  readonly #session: WorkbenchSession
  /** Outcomes by the state of file and document that they were found for; null is a file that holds the same data. */
  readonly #found = new Map<string, { problem: string | null }>()
  #tail: Promise<void> = Promise.resolve()

  constructor(session: WorkbenchSession) {
    this.#session = session
  }

  /** Why a data set cannot be used now, as far as is known. */
  problemOf(workspace: OpenWorkspace, id: string, document: Documents['dataset']): string | null {
    const path = workspace.pathOf(document.place)
    const state = stateOfFile(path)
    if (state === null) return `There is no file ${path} any more: put it back, or import it from its new place.`
    if (state.bytes === document.bytes && state.modifiedAt === document.modifiedAt) return null
    const key = JSON.stringify([workspace.folder, id, state, document.dataHash, document.mapping])
    const known = this.#found.get(key)
    if (known) return known.problem
    const found = { problem: null as string | null }
    this.#found.set(key, found)
    this.#tail = this.#tail.then(() => this.#check(workspace, id, document, state, found))
    return null
  }

  /** Resolves when every file that had to be read again was. */
  settled(): Promise<void> {
    return this.#tail
  }

  async #check(
    workspace: OpenWorkspace,
    id: string,
    document: Documents['dataset'],
    state: FileState,
    found: { problem: string | null },
  ): Promise<void> {
    if (this.#session.workspaceOrNull() !== workspace || workspace.store.get('dataset', id) !== document) return
    try {
      const { request } = datasetInUse(workspace, id)
      const { dataHash } = await loadData(request, quietTask())
      if (dataHash !== document.dataHash) {
        found.problem = `${changedData(document.name, request.path)}. ${changedDataRemedy}`
      } else if (workspace.store.get('dataset', id) === document) {
        await workspace.store.put([{ kind: 'dataset', key: id, after: { ...document, ...state } }])
        return
      }
    } catch (error) {
      const { message, remedy } = toSnipError(withoutFlags(error))
      found.problem = `${message}${remedy === undefined ? '' : `. ${remedy}`}`
    }
    this.#session.events.changed('datasets')
  }
}
