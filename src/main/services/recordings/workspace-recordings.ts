import { existsSync } from 'node:fs'
import type { Recording } from '../../../contract/workbench/recordings.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { recordingOf } from './recorded-model.ts'

/** The recordings of the open workspace, newest last, each with why it is out of date. */
export function listRecordings(workspace: OpenWorkspace): Recording[] {
  const inUse = evidenceInUse(workspace)
  return [...workspace.store.all('recording')].map(([id, document]) => {
    const { data, sites, tokens, windows, window, neurons, seed } = document
    const dataset =
      document.dataset !== null && workspace.store.get('dataset', document.dataset) ? document.dataset : null
    const stale = staleRecording(workspace, document)
    return { id, dataset, data, sites, tokens, windows, window, neurons, seed, stale, inUse: id === inUse }
  })
}

/** Why a recording is out of date, with what to do; null when it is not, or when nobody can tell. */
export function staleRecording(workspace: OpenWorkspace, recording: Documents['recording']): string | null {
  const { store } = workspace
  if (!existsSync(workspace.file(...recording.folder.split('/')))) return 'Its folder is gone: record again.'
  const modelHash = store.get('model', 'model')?.modelHash ?? null
  if (modelHash !== null && modelHash !== recording.modelHash) {
    return 'It was made of another model: record again, or open that model again.'
  }
  const dataset = recording.dataset === null ? null : store.get('dataset', recording.dataset)
  if (dataset !== null && dataset.dataHash !== recording.dataHash) {
    return `The text of ${dataset.name} changed after it: record again.`
  }
  return null
}

/** Chooses the recording whose evidence the neuron views show. One undoable edit. */
export async function useRecording(workspace: OpenWorkspace, id: string): Promise<void> {
  const { data } = recordingOf(workspace, id)
  await workspace.store.edit(`Chose the recording of ${data}`, [
    { kind: 'evidence', key: 'evidence', after: { recording: id } },
  ])
}

/** Takes a recording off the workspace. Its folder stays, so that undo brings it back. */
export async function removeRecording(workspace: OpenWorkspace, id: string): Promise<void> {
  const { data } = recordingOf(workspace, id)
  const isEvidence = workspace.store.get('evidence', 'evidence')?.recording === id
  await workspace.store.edit(`Removed the recording of ${data}`, [
    { kind: 'recording', key: id, after: null },
    ...(isEvidence ? [{ kind: 'evidence' as const, key: 'evidence', after: null }] : []),
  ])
}
