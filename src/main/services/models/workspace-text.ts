import type { PlanChoice } from '../../../contract/workbench/model.ts'
import type { generationSettingsSchema } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { z } from 'zod'
import { modelInUse } from '../plans/model-in-use.ts'
import { resolvePlan } from '../plans/resolve-plan.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import { checkTokenIds } from './models.ts'
import { encodeText, encodeWithin } from './text.ts'

export type GenerationSettings = z.infer<typeof generationSettingsSchema>

/** Tokens of a text under the workspace's model; `pieces` are what each shows, one for each id. */
export async function tokensOf(session: WorkbenchSession, text: string, signal: AbortSignal) {
  const { models } = session.workbench
  const { reference } = modelInUse(session.workspace())
  const { ids, spans } = await encodeText(models, reference, text, false, quietTask(signal))
  const { handle } = await models.open(reference, signal)
  const { pieces } = await models.engine.client.pieces({ handle, windows: [ids] }, { signal })
  return { ids, pieces: pieces[0] ?? [], spans }
}

export type GenerationEvent =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'done'; readonly text: string; readonly tokens: number; readonly seconds: number }

/** Continues a prompt under a plan, token by token. The engine stops when the consumer leaves. */
export async function* continuePrompt(
  session: WorkbenchSession,
  request: { readonly prompt: string; readonly settings: GenerationSettings; readonly plan: PlanChoice },
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerationEvent> {
  const left = new AbortController()
  const stop = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal])
  try {
    const { models } = session.workbench
    const { reference } = modelInUse(session.workspace())
    const plan = await resolvePlan(session, request.plan)
    const facts = await models.openFor(reference, plan, stop)
    const { ids } = await encodeWithin(models, reference, request.prompt, quietTask(stop))
    if (ids.length === 0) {
      throw new SnipError('bad-argument', 'The prompt is empty', { remedy: 'Type a text for the model to continue.' })
    }
    checkTokenIds(facts, ids, 1, 'A continuation')
    const started = performance.now()
    const { handle } = facts
    const events = await models.engine.client.generate(
      { handle, ids, plan, settings: request.settings },
      { signal: stop },
    )
    for await (const event of events) {
      if (event.kind === 'token') yield { kind: 'token', text: event.text }
      else {
        const seconds = (performance.now() - started) / 1000
        yield { kind: 'done', text: event.text, tokens: event.ids.length, seconds }
      }
    }
  } finally {
    left.abort()
  }
}
