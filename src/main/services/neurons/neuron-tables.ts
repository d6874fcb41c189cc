import type { NeuronTable } from '../../../contract/workbench/neurons.ts'
import { SnipError } from '../../../contract/failure.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { ConceptReader, type ConceptColumns } from './concept-columns.ts'
import { evidenceKey, readEvidence, type Evidence } from './evidence.ts'

/** Evidence and concepts of one moment. */
export interface NeuronData {
  readonly workspace: OpenWorkspace
  readonly evidence: Evidence
  readonly concepts: ConceptColumns
}

/** The neuron table, made once for each revision: typed arrays all the way, no object for each neuron. */
export class NeuronTables {
  readonly #session: WorkbenchSession
  readonly #concepts = new ConceptReader()
  #evidence: { readonly key: string; readonly value: Evidence } | null = null
  #table: { readonly key: string; readonly value: Promise<NeuronTable> } | null = null

  constructor(session: WorkbenchSession) {
    this.#session = session
  }

  /** Null before anything was recorded. */
  async table(): Promise<NeuronTable | null> {
    const workspace = this.#session.workspace()
    const evidence = this.#evidenceOf(workspace)
    if (evidence === null) return null
    const { revision } = this.#session.events
    const key = JSON.stringify([workspace.folder, evidence.id, revision])
    if (this.#table?.key === key) return this.#table.value
    const value = this.#make(workspace, evidence, revision)
    this.#table = { key, value }
    value.catch(() => {
      if (this.#table?.value === value) this.#table = null
    })
    return value
  }

  /** Evidence and concepts as they are now. Throws `not-found` before anything was recorded. */
  async data(): Promise<NeuronData> {
    const workspace = this.#session.workspace()
    const evidence = this.#evidenceOf(workspace)
    if (evidence === null) {
      throw new SnipError('not-found', 'No neurons were recorded yet', { remedy: 'Record the model first.' })
    }
    return { workspace, evidence, concepts: await this.#concepts.read(workspace, evidence) }
  }

  async #make(workspace: OpenWorkspace, evidence: Evidence, revision: number): Promise<NeuronTable> {
    const concepts = await this.#concepts.read(workspace, evidence)
    const { rows, layout, columns } = evidence
    return {
      revision,
      rows,
      layout,
      columns: {
        ...columns,
        conceptScore: new Blob([concepts.scores]),
        status: new Blob([concepts.status]),
        pin: new Blob([pinColumn(workspace, evidence)]),
      },
      concepts: await concepts.json(),
    }
  }

  #evidenceOf(workspace: OpenWorkspace): Evidence | null {
    const key = evidenceKey(workspace)
    const id = evidenceInUse(workspace)
    if (key === null || id === null) return null
    if (this.#evidence?.key !== key) this.#evidence = { key, value: readEvidence(workspace, id) }
    return this.#evidence.value
  }
}

/** 0 none, 1 always, 2 never. */
function pinColumn(workspace: OpenWorkspace, evidence: Evidence): Uint8Array<ArrayBuffer> {
  const pins = new Uint8Array(evidence.rows)
  for (const [neuron, { pin }] of workspace.store.all('pin')) {
    const row = evidence.rowOf(neuron)
    if (row !== null) pins[row] = pin === 'always' ? 1 : 2
  }
  return pins
}
