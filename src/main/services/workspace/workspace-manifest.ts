import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { oneLine } from '../../../contract/workbench/call.ts'
import { fileError, writeJsonAside } from '../../files/write-aside.ts'
import { workspaceFile, workspaceVersion } from '../recipes/workspace-folder.ts'

/** workspace.json: marks a folder as a workspace, and says which layout it has and what it is called. */
const manifestSchema = z.looseObject({
  version: z.number().int().positive(),
  name: z.string().overwrite(shownName).min(1),
})

/** A name as it may be shown, whoever wrote it. */
function shownName(name: string): string {
  return Array.from(oneLine(name).trim()).slice(0, 200).join('')
}
export type WorkspaceManifest = z.infer<typeof manifestSchema>

/** Reads workspace.json. A folder without one -> `not-found`; a newer layout or a damaged file -> `bad-file`. */
export function readWorkspaceManifest(folder: string, newest: number = workspaceVersion): WorkspaceManifest {
  const path = join(folder, workspaceFile)
  if (!existsSync(folder)) throw folderGone(folder)
  if (!existsSync(path)) {
    throw new SnipError('not-found', `${basename(folder)} is no workspace: it has no ${workspaceFile}`, {
      remedy: 'Choose a folder that SNIP Workbench made, or create a new workspace.',
    })
  }
  const manifest = manifestSchema.safeParse(readJson(path))
  if (!manifest.success) {
    throw new SnipError('bad-file', `${path} is damaged`, {
      remedy: `Restore it; a sound one is {"version": ${workspaceVersion}, "name": "A name"}.`,
    })
  }
  if (manifest.data.version > newest) {
    throw new SnipError(
      'bad-file',
      `The workspace "${manifest.data.name}" was made by a newer SNIP Workbench (schema ${manifest.data.version}, this one knows ${newest})`,
      { remedy: 'Open it with that version.' },
    )
  }
  return manifest.data
}

export function writeWorkspaceManifest(folder: string, manifest: WorkspaceManifest): void {
  writeJsonAside(join(folder, workspaceFile), manifest)
}

export function folderGone(folder: string): SnipError {
  return new SnipError('not-found', `The workspace folder ${folder} is gone`, {
    remedy: 'Put it back where it was, or open another workspace.',
  })
}

function readJson(path: string): unknown {
  let text: string
  try {
    text = readRegularFile(path).toString('utf8')
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
