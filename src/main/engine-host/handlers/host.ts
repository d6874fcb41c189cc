import { implement, ORPCError } from '@orpc/server'
import { engineHostContract } from '../../../contract/engine-host.ts'
import { SnipError, toSnipError } from '../../../contract/failure.ts'
import type { ClozeTask } from '../../../core/metrics/cloze-layout.ts'
import type { WindowTable } from '../../../core/recording/windows.ts'
import { guardStream } from '../client/guard-stream.ts'
import type { ImageSet } from '../images/image-set.ts'
import type { OpenModel } from '../model/open-model.ts'
import type { Shelf } from '../operations/corpora.ts'

/** A model that callers know by its handle, with the corpora and cloze sets made for it. */
export interface Shelved {
  readonly model: OpenModel
  readonly corpora: Shelf<WindowTable>
  readonly clozeSets: Shelf<readonly ClozeTask[]>
  readonly imageSets: Shelf<ImageSet>
}

export type Host = ReturnType<typeof makeHost>

/** What the handlers are made with: every error leaves as a failure with a kind. */
export function makeHost() {
  return implement(engineHostContract).use(async ({ next, errors }) => {
    const asFailure = (error: unknown) => {
      if (error instanceof ORPCError && !(error.cause instanceof SnipError)) return error
      const failure = toSnipError(error).toFailure()
      return errors.FAILURE({ message: failure.message, data: failure })
    }
    try {
      const result = await next()
      return { ...result, output: guardStream(result.output, asFailure) }
    } catch (error) {
      throw asFailure(error)
    }
  })
}
