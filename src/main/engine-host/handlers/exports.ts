import type { Shelf } from '../operations/corpora.ts'
import { exportModel, exportSizes } from '../operations/export-file.ts'
import type { Host, Shelved } from './host.ts'

/** Writing pruned models. */
export function exportHandlers(host: Host, models: Shelf<Shelved>) {
  return {
    exportSizes: host.exportSizes.handler(({ input }) => ({
      files: exportSizes(models.get(input.handle).model, input),
    })),

    exportModel: host.exportModel.handler(async function* ({ input, signal }) {
      const done = yield* exportModel(models.get(input.handle).model, input, signal)
      yield { kind: 'done', ...done }
    }),
  }
}
