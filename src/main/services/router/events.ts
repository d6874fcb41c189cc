import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function eventsRouter(session: WorkbenchSession) {
  const events = implement(workbenchContract.events).use(handleFor(session))
  return {
    watch: events.watch.handler(async function* ({ signal }) {
      yield* session.events.watch(signal)
    }),
  }
}
