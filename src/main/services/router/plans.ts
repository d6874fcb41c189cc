import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { readSavedPlan } from '../plans/resolve-plan.ts'
import { listPlans, removePlan, savePlan } from '../plans/saved-plans.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function plansRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.plans).use(handleFor(session))
  return {
    list: host.list.handler(() => listPlans(session.workspace())),
    save: host.save.handler(({ input }) => savePlan(session, input)),
    neurons: host.neurons.handler(({ input }) => ({
      neurons: [...readSavedPlan(session.workspace(), input.id).plan.neurons],
    })),
    remove: host.remove.handler(async ({ input }) => {
      await removePlan(session.workspace(), input.id)
      return null
    }),
  }
}
