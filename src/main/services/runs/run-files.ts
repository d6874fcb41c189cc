import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { resultSchema } from '../../../contract/result.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { writeAside } from '../../files/write-aside.ts'
import type { OpenWorkspace } from '../session/session.ts'

const results = z.record(z.string(), resultSchema)

/** What a run measured on one data set, values of every unit included: runs/<id>/<dataset>.json. */
const setResultsSchema = z.object({
  version: z.literal(1),
  dataset: z.string(),
  dataHash: z.string(),
  planHash: z.string(),
  seed: z.number(),
  /** Of the job; the metric's own parameters stand in the results. */
  tokens: z.number().nullable(),
  original: results,
  unlearned: results,
})
export type SetResults = z.infer<typeof setResultsSchema>

/** Results of one data set of a run; null when it has none, or a damaged file. */
export function readSetResults(workspace: OpenWorkspace, folder: string, dataset: string): SetResults | null {
  try {
    const text = readRegularFile(workspace.file(...folder.split('/'), `${dataset}.json`)).toString('utf8')
    return setResultsSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** The same. Throws `not-found`. */
export function requireSetResults(workspace: OpenWorkspace, folder: string, dataset: string): SetResults {
  const found = readSetResults(workspace, folder, dataset)
  if (found !== null) return found
  throw new SnipError('not-found', `The values behind this number are gone or damaged: ${folder}/${dataset}.json`, {
    remedy: 'Measure again.',
  })
}

export function writeSetResults(workspace: OpenWorkspace, folder: string, contents: SetResults): void {
  const path = workspace.file(...folder.split('/'))
  makeFolder(path)
  writeAside(workspace.file(...folder.split('/'), `${contents.dataset}.json`), [JSON.stringify(contents)])
}
