import { existsSync } from 'node:fs'
import { SnipError } from '../../../contract/failure.ts'
import type { ModelReference } from '../engine/engine.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

/** A recording of the workspace. Throws `not-found`. */
export function recordingOf({ store }: OpenWorkspace, id: string): Documents['recording'] {
  const document = store.get('recording', id)
  if (document !== null) return document
  throw new SnipError('not-found', 'There is no such recording any more', { remedy: 'Choose another recording.' })
}

/** The folder of a recording of the workspace. Throws `not-found` when it is gone. */
export function folderOfRecording(workspace: OpenWorkspace, { folder, data }: Documents['recording']): string {
  const path = workspace.file(...folder.split('/'))
  if (existsSync(path)) return path
  throw new SnipError('not-found', `The folder of the recording of ${data} is gone: ${path}`, {
    remedy: 'Put it back, or record again.',
  })
}

/**
 * The workspace's model, checked to be the one that a recording was made of: where it was recorded counts for nothing.
 * Throws `bad-model` when it is another.
 */
export async function modelOfRecordingInUse(
  session: WorkbenchSession,
  recording: Documents['recording'],
  signal: AbortSignal,
): Promise<ModelReference> {
  const { reference, document } = modelInUse(session.workspace())
  const modelHash = await session.workbench.models.modelHash(reference, signal)
  if (modelHash === recording.modelHash) return reference
  throw new SnipError(
    'bad-model',
    `The recording of ${recording.data} was made of another model than ${document.name}`,
    {
      remedy: 'Open that model again, or record this one.',
    },
  )
}
