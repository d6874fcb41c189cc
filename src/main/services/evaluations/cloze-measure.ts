import type { ModelFacts } from '../../../contract/engine-host.ts'
import { invariant, SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { ClozeQuestion } from '../../../core/data/dataset.ts'
import { clozeMetric, summariseCloze, type ClozeOutcome } from '../../../core/metrics/cloze.ts'
import type { ClozeLayout, ClozeLosses } from '../../../core/metrics/cloze-layout.ts'
import { buildClozeTexts } from '../../../core/metrics/cloze-text.ts'
import type { EngineHostClient } from '../../engine-host/client/engine-host-process.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import type { PreparedMetric } from './measurement.ts'

/** Lays cloze questions out. Throws `bad-data` when the file holds none. */
export async function prepareCloze(
  models: Models,
  facts: ModelFacts,
  params: Readonly<Record<string, unknown>>,
  data: DataInUse,
  task: Task,
): Promise<PreparedMetric> {
  const clozeParams = clozeMetric.params.parse(params)
  const questions = data.cloze
  if (questions === null) {
    throw new SnipError('bad-data', `${data.path} holds no cloze questions`, {
      remedy: 'Give a file in the format of the Children\u2019s Book Test, or use --metric lm.',
    })
  }
  const { client } = models.engine
  const texts = questions.map((question) => buildClozeTexts(question, clozeParams.join))
  const { set, tasks } = await client.clozeSet({ handle: facts.handle, questions: texts }, { signal: task.signal })
  const layouts = tasks.map(readLayout)
  return {
    async measure(plan, context, runTask) {
      const losses = await clozeLosses(models, facts, set, plan, runTask)
      return summariseCloze(outcomesOf(questions, layouts, losses), clozeParams, context).results
    },
    close: () => forgetQuietly(client.closeClozeSet({ handle: facts.handle, set })),
  }
}

async function clozeLosses(models: Models, facts: ModelFacts, set: string, plan: Plan | null, task: Task) {
  const events = await models.engine.client.clozeLosses({ handle: facts.handle, set, plan }, { signal: task.signal })
  for await (const event of events) {
    if (event.kind === 'done') return event.questions
    task.report({ stage: 'Measuring cloze', ...event })
  }
  throw new SnipError('internal', 'The engine ended without losses')
}

type EngineLayout = Awaited<ReturnType<EngineHostClient['clozeSet']>>['tasks'][number]

/** The engine's layout in the words of the metric. */
function readLayout(layout: EngineLayout): ClozeLayout {
  if (!layout.ok) return layout
  const { prefix, branches, cutTokens } = layout.task
  const task = {
    prefix: Int32Array.from(prefix),
    branches: branches.map((branch) => ({ ...branch, ids: Int32Array.from(branch.ids) })),
    cutTokens,
  }
  return { ok: true, task }
}

/** Pairs questions with their losses; the engine answers for the accepted ones only, in order. */
function outcomesOf(
  questions: readonly ClozeQuestion[],
  layouts: readonly ClozeLayout[],
  losses: readonly ClozeLosses[],
): ClozeOutcome[] {
  const accepted = layouts.filter(({ ok }) => ok).length
  invariant(layouts.length === questions.length && losses.length === accepted, 'every accepted question has losses')
  let next = 0
  return questions.map((question, at) => {
    const layout = layouts[at] as ClozeLayout
    if (!layout.ok) return { ok: false, question, reason: layout.reason }
    return { ok: true, question, task: layout.task, losses: losses[next++] as ClozeLosses }
  })
}
