import { basename } from 'node:path'
import type { DataPreview, Dataset, Mapping, Role } from '../../../contract/workbench/datasets.ts'
import type { Dataset as DataFile } from '../../../core/data/dataset.ts'
import { takeSplit, type DataInUse } from '../data-in-use/data-in-use.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { cutWithEllipsis, previewOf, windowPreview } from './data-preview.ts'
import { DatasetChecks, stateOfFile } from './dataset-checks.ts'
import { readDataset } from './read-dataset.ts'
import { keepFile } from './take-upload.ts'
import { countTokens, type TokenStatistics } from './token-statistics.ts'

const longestText = 20_000
/** Files whose documents stay in memory after they were shown. */
const mostKept = 2
const noMapping: Mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' }

interface ReadData {
  readonly dataset: DataFile
  readonly data: DataInUse
  readonly mapping: Mapping
}

/** The data sets of the open workspace. A person's files stay where they are; every edit can be undone. */
export class WorkspaceDatasets {
  readonly checks: DatasetChecks
  readonly #session: WorkbenchSession
  /** Data read last, by file, state and mapping; the least recently used first. */
  readonly #kept = new Map<string, Promise<ReadData>>()

  constructor(session: WorkbenchSession) {
    this.#session = session
    this.checks = new DatasetChecks(session)
  }

  /** In order of import. */
  list(): Dataset[] {
    const workspace = this.#session.workspace()
    return [...workspace.store.all('dataset')].map(([id, document]) => this.#show(workspace, id, document))
  }

  /** Reads a granted file under a mapping without importing it; without a mapping the text column is guessed. */
  async preview(file: string, mapping: Mapping | null): Promise<DataPreview> {
    return this.#previewOf(this.#session.grants.pathOf(file), mapping ?? noMapping)
  }

  /** Keeps place, mapping and hash of a granted file. Throws `bad-argument` when its text column cannot be told. */
  async import(request: {
    readonly file: string
    readonly name: string
    readonly mapping: Mapping
    readonly roles: readonly Role[]
  }): Promise<Dataset> {
    const workspace = this.#session.workspace()
    const path = this.#session.grants.pathOf(request.file)
    const fields = await this.#fieldsOf(path, request.mapping)
    const id = workspace.store.newId()
    const kept = await keepFile(this.#session, workspace, path, id)
    const document: Documents['dataset'] = {
      name: request.name,
      place: workspace.placeOf(kept.path),
      roles: [...new Set(request.roles)],
      tokens: null,
      ...fields,
    }
    try {
      await workspace.store.edit(`Imported the data set ${request.name}`, [
        { kind: 'dataset', key: id, after: document },
      ])
    } catch (error) {
      await kept.giveUp()
      throw error
    }
    await kept.settle()
    return this.#show(workspace, id, document)
  }

  /** Changes name, mapping or roles. A new mapping reads the file again. */
  async change(request: {
    readonly id: string
    readonly name?: string | undefined
    readonly mapping?: Mapping | undefined
    readonly roles?: readonly Role[] | undefined
  }): Promise<Dataset> {
    const workspace = this.#session.workspace()
    const { document } = datasetInUse(workspace, request.id)
    const { name, mapping, roles } = request
    const after: Documents['dataset'] = {
      ...document,
      ...(name === undefined ? {} : { name }),
      ...(roles === undefined ? {} : { roles: [...new Set(roles)] }),
      ...(mapping === undefined
        ? {}
        : { ...(await this.#fieldsOf(workspace.pathOf(document.place), mapping)), tokens: null }),
    }
    await workspace.store.edit(labelOfChange(document.name, request), [{ kind: 'dataset', key: request.id, after }])
    return this.#show(workspace, request.id, after)
  }

  /** Takes a data set out of the workspace; its file and what was made of it stay. */
  async remove(id: string): Promise<void> {
    const workspace = this.#session.workspace()
    const { document } = datasetInUse(workspace, id)
    await workspace.store.edit(`Removed the data set ${document.name}`, [{ kind: 'dataset', key: id, after: null }])
  }

  /** The preview of an imported data set. */
  async show(id: string): Promise<DataPreview> {
    const workspace = this.#session.workspace()
    const { document } = datasetInUse(workspace, id)
    return this.#previewOf(workspace.pathOf(document.place), document.mapping)
  }

  /** Some of the documents in use, long texts cut. */
  async documents(id: string, offset: number, limit: number) {
    const workspace = this.#session.workspace()
    const { document } = datasetInUse(workspace, id)
    const { data } = await this.#read(workspace.pathOf(document.place), document.mapping, false)
    const shown = data.documents.slice(offset, offset + limit)
    return {
      total: data.documents.length,
      documents: shown.map(({ text, row }) => ({ row: row ?? 0, text: cutWithEllipsis(text, longestText) })),
    }
  }

  /** Counts tokens with the workspace's model and keeps the counts. */
  async countTokens(id: string, signal: AbortSignal): Promise<TokenStatistics> {
    const workspace = this.#session.workspace()
    const { document } = datasetInUse(workspace, id)
    const { reference } = modelInUse(workspace)
    const { data } = await this.#read(workspace.pathOf(document.place), document.mapping, false)
    const tokens = await countTokens(this.#session.workbench.models, reference, data.documents, signal)
    const now = workspace.store.get('dataset', id)
    if (now?.dataHash === data.dataHash) {
      await workspace.store.put([{ kind: 'dataset', key: id, after: { ...now, tokens } }])
    }
    return tokens
  }

  #show(workspace: OpenWorkspace, id: string, document: Documents['dataset']): Dataset {
    const { name, place, format, kind, mapping, roles, documents, rejectedCount, dataHash, tokens } = document
    const path = workspace.pathOf(place)
    const problem = this.checks.problemOf(workspace, id, document)
    return { id, name, path, format, kind, mapping, roles, documents, rejectedCount, dataHash, tokens, problem }
  }

  async #previewOf(path: string, asked: Mapping): Promise<DataPreview> {
    const { dataset, data, mapping } = await this.#read(path, asked, true)
    return previewOf({ name: basename(path), bytes: stateOfFile(path)?.bytes ?? 0 }, dataset, data, mapping)
  }

  /** What a document says of a file under a mapping. */
  async #fieldsOf(path: string, asked: Mapping) {
    const { dataset, data, mapping } = await this.#read(path, asked, false)
    const state = stateOfFile(path)
    return {
      format: dataset.format,
      kind: dataset.kind,
      mapping,
      documents: data.documents.length,
      rejectedCount: dataset.rejected.length,
      dataHash: data.dataHash,
      bytes: state?.bytes ?? null,
      modifiedAt: state?.modifiedAt ?? null,
    }
  }

  /** Reads a file, or finds it read in the same state. `textOptional`: a table may be shown before its text column is chosen. */
  async #read(path: string, mapping: Mapping, textOptional: boolean): Promise<ReadData> {
    const key = JSON.stringify([path, stateOfFile(path), mapping, textOptional])
    const reading = this.#kept.get(key) ?? readMapped(path, mapping, textOptional)
    this.#kept.delete(key)
    this.#kept.set(key, reading)
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break
      this.#kept.delete(old)
    }
    try {
      return await reading
    } catch (error) {
      if (this.#kept.get(key) === reading) this.#kept.delete(key)
      throw error
    }
  }
}

async function readMapped(path: string, asked: Mapping, textOptional: boolean): Promise<ReadData> {
  const { textColumn, where, sample, seed, split } = asked
  const dataset = await readDataset(path, {
    ...(textColumn === null ? {} : { textColumn }),
    ...(where === null || where.trim() === '' ? {} : { where }),
    ...(sample === null ? {} : { sample, seed }),
    textOptional,
    preview: windowPreview,
  })
  const data = takeSplit(dataset, { path, split })
  return { dataset, data, mapping: { ...asked, textColumn: dataset.textColumn } }
}

function labelOfChange(
  name: string,
  { name: renamed, mapping, roles }: { name?: string | undefined; mapping?: unknown; roles?: unknown },
): string {
  const parts = [
    ...(renamed === undefined || renamed === name ? [] : [`Renamed the data set ${name} to ${renamed}`]),
    ...(mapping === undefined ? [] : [`Changed which text of ${name} is used`]),
    ...(roles === undefined ? [] : [`Changed the roles of ${name}`]),
  ]
  return parts.join('; ') || `Changed the data set ${name}`
}
