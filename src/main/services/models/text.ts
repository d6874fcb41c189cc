import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Task } from '../task.ts'
import { checkTokenIds, type Models } from './models.ts'

/** A text, or the ids of its tokens. */
export type Prompt = { readonly text: string; readonly specialTokens: boolean } | { readonly ids: readonly number[] }

export interface Encoded {
  readonly ids: number[]
  readonly pieces: string[]
  /** Characters [start, end) of each token in the text, in UTF-16 units. */
  readonly spans: [number, number][]
}

/** Tokens of a text. A text without tokens is legal here. */
export async function encodeText(
  models: Models,
  model: ModelReference,
  text: string,
  specialTokens: boolean,
  task: Task,
): Promise<Encoded> {
  const { handle } = await models.open(model, task.signal)
  return models.engine.client.encode({ handle, text, specialTokens }, { signal: task.signal })
}

/** Tokens of a text that has to fit into the model's context; a longer one is refused (`bad-argument`) without reading it all. */
export async function encodeWithin(models: Models, model: ModelReference, text: string, task: Task): Promise<Encoded> {
  const { handle, contextLength } = await models.open(model, task.signal)
  const request = { handle, text, specialTokens: false, most: contextLength }
  return models.engine.client.encode(request, { signal: task.signal })
}

export interface LogprobsOutcome {
  readonly ids: number[]
  /** Natural log of the probability of each token after the first. */
  readonly logprobs: number[]
  /** After the last token, one per piece of the vocabulary. */
  readonly lastLogits: Float32Array
}

/** Log-probability of each next token of a prompt, under a plan. */
export async function logprobsOf(
  models: Models,
  request: { readonly model: ModelReference; readonly prompt: Prompt; readonly plan: Plan | null },
  task: Task,
): Promise<LogprobsOutcome> {
  const ids = await idsOf(models, request, 'A log-probability', task)
  const { handle } = await models.open(request.model, task.signal)
  const found = await models.engine.client.logprobs({ handle, ids, plan: request.plan }, { signal: task.signal })
  return { ids, logprobs: found.logprobs, lastLogits: decodeFloat32(found.lastLogits) }
}

export interface GenerateRequest {
  readonly model: ModelReference
  readonly prompt: Prompt
  readonly plan: Plan | null
  readonly maxNewTokens: number
  readonly temperature: number
  readonly seed: number
  /** Called with each piece of text as it comes. */
  readonly onText?: (text: string) => void
}

export interface GenerateOutcome {
  readonly promptIds: number[]
  /** The new tokens alone. */
  readonly ids: number[]
  readonly text: string
}

/** Continues a prompt under a plan. */
export async function generateText(models: Models, request: GenerateRequest, task: Task): Promise<GenerateOutcome> {
  const promptIds = await idsOf(models, request, 'A continuation', task)
  const { handle } = await models.open(request.model, task.signal)
  const { plan, maxNewTokens, temperature, seed } = request
  const events = await models.engine.client.generate(
    { handle, ids: promptIds, plan, settings: { maxNewTokens, temperature, seed } },
    { signal: task.signal },
  )
  for await (const event of events) {
    if (event.kind === 'done') return { promptIds, ids: event.ids, text: event.text }
    request.onText?.(event.text)
  }
  throw new SnipError('internal', 'The engine ended without a text')
}

async function idsOf(
  models: Models,
  { model, prompt, plan }: { readonly model: ModelReference; readonly prompt: Prompt; readonly plan: Plan | null },
  what: string,
  task: Task,
): Promise<number[]> {
  const facts = await models.openFor(model, plan, task.signal)
  if ('text' in prompt) {
    const { ids } = await encodeText(models, model, prompt.text, prompt.specialTokens, task)
    if (ids.length === 0) {
      throw new SnipError('bad-argument', `${what} needs at least one token, and the text has none`, {
        remedy: 'Give a text that is not empty.',
      })
    }
    checkTokenIds(facts, ids, 1, what)
    return ids
  }
  checkTokenIds(facts, prompt.ids, 1, what)
  return [...prompt.ids]
}
