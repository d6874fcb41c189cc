import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { WrittenReport } from '../../../contract/workbench/exports.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeNewAside } from '../../files/write-aside.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { refuseTaken } from './refuse-taken.ts'
import { reportFacts } from './report-facts.ts'
import { reportPage } from './report-page.ts'
import { writeRecipe } from './write-recipe.ts'

/** Writes the report of a workspace as one HTML file, whole or not at all. Throws `exists`, `not-found` or `disk-full`. */
export async function writeReport(workspace: OpenWorkspace, out: string): Promise<void> {
  refuseTaken(out)
  const page = reportPage(await reportFacts(workspace))
  writeNewAside(out, [page])
}

const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/

/** Writes report and recipe into the workspace's folder `reports`. A workspace without a model gets the report alone. */
export async function writeWorkspaceReport(workspace: OpenWorkspace, given: string): Promise<WrittenReport> {
  const name = given.replace(/\.html$/i, '')
  if (!namePattern.test(name)) {
    throw new SnipError('bad-argument', `"${name}" cannot be the name of a report`, {
      remedy: 'Use letters, digits, dot, dash and underscore, at most 100.',
    })
  }
  const folder = workspace.file('reports')
  const report = join(folder, `${name}.html`)
  const recipe = join(folder, `${name}.recipe.yaml`)
  makeFolder(folder)
  refuseTaken(report)
  refuseTaken(recipe)
  const hasModel = workspace.store.get('model', 'model') !== null
  const written = hasModel ? writeRecipe(workspace, recipe) : { files: [], notes: ['There is no model, so no recipe.'] }
  await writeReport(workspace, report)
  return {
    folder,
    report,
    recipe: hasModel ? recipe : null,
    files: [...written.files],
    notes: [...written.notes],
  }
}
