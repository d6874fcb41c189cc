import { existsSync } from 'node:fs'
import { evaluationSchema, type Evaluation } from '../../../contract/result.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { writeAside } from '../../files/write-aside.ts'
import type { Measurement } from '../evaluations/measurement.ts'
import { canonicalJson, sha256 } from '../jobs/canonical-json.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Task } from '../task.ts'

/**
 * Measures of the unpruned model, or those taken before: kept in runs/originals by model, data, metric, parameters and seed. A
 * damaged file is measured again.
 */
export async function measureOriginal(
  workspace: OpenWorkspace,
  measurement: Measurement,
  seed: number,
  task: Task,
): Promise<Evaluation> {
  const { metric, modelHash, data } = measurement
  const key = canonicalJson({ modelHash, metric, dataHash: data.dataHash, keepShort: data.keepShort, seed })
  const path = workspace.file('runs', 'originals', `${sha256(key).slice(0, 32)}.json`)
  const known = readKnown(path)
  if (known !== null) return known
  const measured = await measurement.run(null, task)
  makeFolder(workspace.file('runs', 'originals'))
  writeAside(path, [JSON.stringify(measured)])
  return measured
}

function readKnown(path: string): Evaluation | null {
  if (!existsSync(path)) return null
  try {
    return evaluationSchema.parse(JSON.parse(readRegularFile(path).toString('utf8')))
  } catch {
    return null
  }
}
