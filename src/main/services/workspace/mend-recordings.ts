import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { readRecordingManifest } from '../../files/open-recording.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { recordingFiles } from '../../../core/recording/recording-format.ts'
import type { OpenWorkspace } from '../session/session.ts'

/**
 * A recording names its model by path. Where that is gone and the workspace's model is the same one in another place (the
 * program or the workspace was moved, or the workspace was shipped), the recording is told where it lies now.
 */
export function mendRecordings({ store, pathOf, file }: OpenWorkspace): void {
  const model = store.get('model', 'model')
  if (model === null || model.modelHash === null) return
  const path = pathOf(model.place)
  for (const { folder, modelHash } of store.all('recording').values()) {
    if (modelHash !== model.modelHash) continue
    try {
      const directory = file(...folder.split('/'))
      const manifest = readRecordingManifest(directory)
      const known = manifest.model.path
      if (known === path || (isAbsolute(known) && existsSync(known)) || !existsSync(path)) continue
      writeJsonAside(file(...folder.split('/'), recordingFiles.manifest), {
        ...manifest,
        model: { ...manifest.model, path },
      })
    } catch {
      // A recording that cannot be read says so where it is used.
    }
  }
}
