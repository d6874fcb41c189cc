import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { leastAnswerBytes, mostAnswerBytes } from '../../../../contract/workbench/answers.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { readRegularFile } from '../../../files/read-regular.ts'
import { fileError, writeJsonAside } from '../../../files/write-aside.ts'

/** Some hundred thousand answers with log probabilities. */
export const usualAnswerBytes = 5_000_000_000

const bytesSchema = z.number().int().min(leastAnswerBytes).max(mostAnswerBytes)
const fileSchema = z.object({ version: z.literal(1), limitBytes: bytesSchema })

/** How much the kept answers may take, in answers.json of a folder. A damaged file counts as none. */
export class AnswerLimit {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** As the file has it now: another process may have changed it. */
  read(): number {
    const path = join(this.#folder, 'answers.json')
    if (!existsSync(path)) return usualAnswerBytes
    try {
      return fileSchema.parse(JSON.parse(readRegularFile(path).toString('utf8'))).limitBytes
    } catch {
      return usualAnswerBytes
    }
  }

  /** Throws `disk-full` and the like. */
  set(limitBytes: number): void {
    try {
      makeFolder(this.#folder)
    } catch (error) {
      throw fileError(error, this.#folder, 'write')
    }
    writeJsonAside(join(this.#folder, 'answers.json'), { version: 1, limitBytes: bytesSchema.parse(limitBytes) })
  }
}
