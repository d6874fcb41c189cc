import type { z } from 'zod'
import type { generationSettingsSchema } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { encodeWithin, logprobsOf } from '../models/text.ts'
import { checkTokenIds } from '../models/models.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { resolvePlan } from '../plans/resolve-plan.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Task } from '../task.ts'

type Side = 'original' | 'unlearned'

export interface SideBySideRequest {
  readonly prompt: string
  readonly settings: z.infer<typeof generationSettingsSchema>
  readonly plan: PlanChoice
}

export type SideBySideEvent =
  | { readonly kind: 'token'; readonly side: Side; readonly text: string }
  | { readonly kind: 'done'; readonly original: string; readonly unlearned: string }

/** The same prompt and seed through both models. The engine runs both at once; tokens come as they are made. */
export async function* generateBoth(
  session: WorkbenchSession,
  { prompt, settings, plan: choice }: SideBySideRequest,
  task: Task,
): AsyncGenerator<SideBySideEvent> {
  const { models } = session.workbench
  const plan = await resolvePlan(session, choice)
  const model = modelInUse(session.workspace()).reference
  const facts = await models.openFor(model, plan, task.signal)
  const { ids } = await encodeWithin(models, model, prompt, task)
  checkTokenIds(facts, ids, 1, 'A continuation')
  const stop = new AbortController()
  const signal = AbortSignal.any([task.signal, stop.signal])
  const start = (under: Plan | null) =>
    models.engine.client.generate({ handle: facts.handle, ids, plan: under, settings }, { signal })
  try {
    const streams = { original: await start(null), unlearned: await start(plan) }
    const texts: Partial<Record<Side, string>> = {}
    const pending = new Map<Side, Promise<{ side: Side; result: Awaited<ReturnType<typeof streams.original.next>> }>>()
    const ask = (side: Side) => {
      const next = streams[side].next().then((result) => ({ side, result }))
      // When the other side fails first, nobody waits for this one.
      next.catch(() => undefined)
      pending.set(side, next)
    }
    ask('original')
    ask('unlearned')
    while (pending.size > 0) {
      const { side, result } = await Promise.race(pending.values())
      pending.delete(side)
      if (result.done === true) continue
      if (result.value.kind === 'done') texts[side] = result.value.text
      else yield { kind: 'token', side, text: result.value.text }
      ask(side)
    }
    const { original, unlearned } = texts
    if (original === undefined || unlearned === undefined) {
      throw new SnipError('internal', 'The engine ended without a text')
    }
    yield { kind: 'done', original, unlearned }
  } finally {
    stop.abort()
  }
}

/** Log-probability, nats, of every next token of a text under both models; null for the first, which nothing precedes. Pieces joined are the text. */
export async function logprobsOfBoth(session: WorkbenchSession, text: string, choice: PlanChoice, task: Task) {
  const { models } = session.workbench
  const plan = await resolvePlan(session, choice)
  const model = modelInUse(session.workspace()).reference
  const { ids } = await encodeWithin(models, model, text, task)
  const facts = await models.openFor(model, plan, task.signal)
  const { pieces: shown } = await models.engine.client.pieces(
    { handle: facts.handle, windows: [ids] },
    { signal: task.signal },
  )
  const pieces = shown[0] ?? []
  if (ids.length < 2) return { pieces, original: ids.map(() => null), unlearned: ids.map(() => null) }
  const under = async (pruned: Plan | null) => [
    null,
    ...(await logprobsOf(models, { model, prompt: { ids }, plan: pruned }, task)).logprobs,
  ]
  const original = await under(null)
  return { pieces, original, unlearned: plan === null ? original : await under(plan) }
}
