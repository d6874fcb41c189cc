import { SnipError } from '../../../contract/failure.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

/** The model of a workspace, as the engine's callers name it. */
export interface ModelInUse {
  readonly reference: ModelReference
  readonly document: Documents['model']
}

/** The model of the workspace. Throws `not-found` when it has none. */
export function modelInUse(workspace: OpenWorkspace): ModelInUse {
  const document = workspace.store.get('model', 'model')
  if (document === null) {
    throw new SnipError('not-found', 'The workspace has no model', { remedy: 'Open a model first.' })
  }
  const tokenizer = document.tokenizer === null ? null : workspace.pathOf(document.tokenizer)
  return { reference: { path: workspace.pathOf(document.place), tokenizer }, document }
}

/** Neurons per layer of each site: from what the workspace knows of the model, else from its headers. */
export async function neuronWidths(session: WorkbenchSession, signal?: AbortSignal) {
  const { reference, document } = modelInUse(session.workspace())
  if (document.card !== null) return document.card.neurons
  return (await session.workbench.models.open(reference, signal ?? new AbortController().signal)).neurons
}
