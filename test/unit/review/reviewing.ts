import { writeFileSync } from 'node:fs'
import { makeFolder } from '../../../src/main/files/make-folder.ts'
import { exportTable } from '../../../src/main/services/exchange/export-tables.ts'
import { importConcepts } from '../../../src/main/services/exchange/import-concepts.ts'
import { ConceptReader } from '../../../src/main/services/neurons/concept-columns.ts'
import { editConcept, reviewConcepts, revertConcept } from '../../../src/main/services/neurons/concept-edits.ts'
import type { Evidence } from '../../../src/main/services/neurons/evidence.ts'
import { neuronHistory } from '../../../src/main/services/neurons/neuron-history.ts'
import type { NeuronTables } from '../../../src/main/services/neurons/neuron-tables.ts'
import { reviewedNeuron } from '../../../src/main/services/review/reviewed-neuron.ts'
import { Sentences } from '../../../src/main/services/review/second-opinions.ts'
import type { WorkbenchSession } from '../../../src/main/services/session/session.ts'
import type { HeldWorkspace } from '../../../src/main/services/workspace/open-workspace.ts'

/** A sentence of an explainer: neuron, text, score. */
export type Line = readonly [neuron: string, text: string, score?: number]

/** A workspace with a recording of neurons, mlp:0:0 to mlp:0:7 or as many as asked for, as a reviewer has it before her, without an engine. */
export async function reviewing(workspace: HeldWorkspace, reviewer: string | null = 'Ada', rows = 8) {
  const { store } = workspace
  const evidence = {
    id: 'r',
    folder: 'r',
    rows,
    layout: [{ site: 'mlp', layer: 0, first: 0, width: rows }],
    rowOf: (neuron: string) => {
      const index = Number(/^mlp:0:(\d+)$/.exec(neuron)?.[1] ?? Number.NaN)
      return index < rows ? index : null
    },
    neuronAt: (row: number) => `mlp:0:${row}`,
    recording: { modelHash: 'm', sites: ['mlp'] },
  } as unknown as Evidence
  const session = {
    workspace: () => workspace,
    settings: { current: reviewer === null ? {} : { reviewer } },
    workbench: { models: { open: () => Promise.resolve({ neurons: { mlp: [rows], attention: [0] } }) } },
  } as unknown as WorkbenchSession
  const reader = new ConceptReader()
  const data = async () => ({ workspace, evidence, concepts: await reader.read(workspace, evidence) })
  const tables = { data } as unknown as NeuronTables
  if (store.get('evidence', 'evidence') === null) {
    const recording = { dataset: null, data: 'd', folder: 'recordings/r', modelHash: 'm', dataHash: 'd' }
    const sizes = { tokens: 1, windows: 1, window: 1, neurons: rows, seed: 1, at: 1 }
    const place = { base: 'workspace' as const, path: 'model' }
    await store.put([
      { kind: 'recording', key: 'r', after: { ...recording, sites: ['mlp'], ...sizes } },
      { kind: 'evidence', key: 'evidence', after: { recording: 'r' } },
      { kind: 'model', key: 'model', after: { place, tokenizer: null, name: 'm', modelHash: 'm', card: null } },
    ])
  }
  const sentences = new Sentences()
  return {
    workspace,
    store,
    session,
    tables,
    data,
    /** What an explainer's job leaves. */
    async explain(id: string, explainer: string, lines: readonly Line[], at = Date.now()) {
      const texts = lines.map(([neuron, text, score = null]) =>
        JSON.stringify({ neuron, text, author: explainer, explainer, score, scoreKind: null, status: 'suggested' }),
      )
      makeFolder(workspace.file('concepts'))
      writeFileSync(workspace.file('concepts', `${id}.jsonl`), `${texts.join('\n')}\n`)
      const after = { recording: 'r', explainer, file: `concepts/${id}.jsonl`, concepts: lines.length, at }
      await store.put([{ kind: 'explanation', key: id, after }])
    },
    review: (status: 'accepted' | 'rejected' | 'suggested', ...neurons: string[]) =>
      reviewConcepts(session, tables, neurons, status),
    edit: (neuron: string, text: string) => editConcept(session, neuron, text),
    revert: (neuron: string) => revertConcept(session, tables, neuron),
    history: (neuron: string) => neuronHistory(session, tables, neuron),
    reviewed: (neuron: string) => reviewedNeuron(tables, sentences, neuron),
    import: (path: string) => importConcepts(session, tables, path),
    write: (table: 'concepts' | 'history', format: 'jsonl' | 'csv' = 'jsonl') =>
      exportTable(session, tables, table, format, null),
    /** The concept as it stands: status, text, author, score. */
    async shown(neuron: string) {
      const { evidence: known, concepts } = await data()
      const row = known.rowOf(neuron)!
      const { status, text, author, score } = concepts.conceptAt(row)
      return [status, text, author, score]
    },
  }
}

export type Reviewing = Awaited<ReturnType<typeof reviewing>>
