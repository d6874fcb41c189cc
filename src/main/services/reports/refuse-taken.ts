import { lstatSync } from 'node:fs'
import { SnipError } from '../../../contract/failure.ts'
import { checkPlace } from '../jobs/output-file.ts'

/** Throws `exists` when something has the name already: reports overwrite nothing. */
export function refuseTaken(path: string): void {
  checkPlace(path)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  throw new SnipError('exists', `${path} exists already, and a report overwrites nothing`, {
    remedy: 'Choose another name.',
  })
}
