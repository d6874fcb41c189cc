import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { Previews } from '../compare/preview.ts'
import { addPrompts, changePrompt, listPrompts, removePrompts } from '../compare/prompts.ts'
import { generateBoth, logprobsOfBoth } from '../compare/side-by-side.ts'
import { describePlan } from '../plans/resolve-plan.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import { handleFor } from './failures.ts'

export function compareRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.compare).use(handleFor(session))
  const previews = new Previews(session)
  return {
    preview: host.preview.handler(async function* ({ input, signal }) {
      yield* previews.preview(input.plan, signal)
    }),
    prompts: host.prompts.handler(() => listPrompts(session.workspace())),
    addPrompts: host.addPrompts.handler(async ({ input }) => {
      await addPrompts(session.workspace(), input.texts)
      return null
    }),
    changePrompt: host.changePrompt.handler(async ({ input }) => {
      await changePrompt(session.workspace(), input.id, input.text)
      return null
    }),
    removePrompts: host.removePrompts.handler(async ({ input }) => {
      await removePrompts(session.workspace(), input.ids)
      return null
    }),
    generate: host.generate.handler(async function* ({ input, signal }) {
      yield* generateBoth(session, input, quietTask(signal))
    }),
    logprobs: host.logprobs.handler(({ input, signal }) =>
      logprobsOfBoth(session, input.text, input.plan, quietTask(signal)),
    ),
    describe: host.describe.handler(async ({ input }) => {
      const { title, k, percent, planHash } = await describePlan(session, input.plan)
      return { title, k, percent, planHash }
    }),
  }
}
