import type OpenAI from 'openai'
import { SnipError } from '../../../../contract/failure.ts'
import type { SendOptions } from '../client/provider-client.ts'
import type { TransportFailure } from '../client/transport-failure.ts'
import { throwIfAborted } from '../clock.ts'
import type { BatchTask } from '../language-models.ts'
import type { ModelParts } from '../open-model.ts'
import type { BatchLog, OpenBatch } from './batch-log.ts'

/** How long work that was given up may still tell the server so. */
const patienceMs = 10_000

/** Deletes the files that nothing needs any more. What the server does not delete stays in the log, and is tried again with it. */
export async function deleteFiles(parts: ModelParts, log: BatchLog, signal: AbortSignal): Promise<void> {
  for (const file of log.files().needless) {
    if (await isDeleted(parts, file, signal)) log.write({ what: 'gone', file })
    throwIfAborted(signal)
  }
}

/** What work that ends before its batches do leaves at the server: those that were given up are cancelled there, and what stays is said. */
export async function leaveServer(parts: ModelParts, log: BatchLog, task: BatchTask): Promise<void> {
  const { host } = parts.client.address
  const signal = AbortSignal.timeout(patienceMs)
  const isGivenUp = task.signal.aborted && !task.goesOnLater()
  for (const batch of log.open()) {
    if (batch.isCancelled) continue
    const name = batch.batch === null ? 'A batch' : `Batch ${batch.batch}`
    if (!isGivenUp) task.say(`${name} goes on at ${host} and costs: its answers are taken when this goes on`)
    else if (await isCancelled(parts, log, batch, signal)) {
      task.say(`${name} was cancelled at ${host}: what it has answered by now is paid, and taken when this goes on`)
    } else {
      task.say(
        `${name} could not be cancelled at ${host}, may go on there and cost: its answers are taken when this goes on`,
      )
    }
  }
  await deleteFiles(parts, log, signal).catch(() => {})
  const left = log.files().all
  if (left === 0) return
  const files =
    left === 1 ? '1 file of a batch, with its texts, stays' : `${left} files of batches, with their texts, stay`
  task.say(`${files} at ${host} until this goes on`)
}

/** By mark the ids of the batches that lie at the server. */
export async function marksOf({ client, model, purpose }: ModelParts, signal: AbortSignal) {
  return client.run<ReadonlyMap<string, string>>(
    {
      purpose,
      model,
      endpoint: 'batches',
      send: async (openai, options) => {
        const page = await openai.batches.list({ limit: 100 }, options)
        return new Map(
          page.data.flatMap(({ id, metadata }) => (metadata?.['snip'] ? [[metadata['snip'], id] as const] : [])),
        )
      },
    },
    signal,
  )
}

async function isCancelled(parts: ModelParts, log: BatchLog, { mark, batch }: OpenBatch, signal: AbortSignal) {
  // One that was being handed in may have arrived.
  const id = batch ?? (await marksOf(parts, signal).catch(() => null))?.get(mark)
  if (id === undefined) return false
  if (batch === null) log.write({ what: 'created', mark, batch: id })
  const tried = await tryOnce(parts, 'batches', (openai, options) => openai.batches.cancel(id, options), signal)
  if (tried !== null) return false
  log.write({ what: 'cancelled', mark })
  return true
}

/** One that the server does not know any more is deleted as well: its answer to an earlier attempt may have been lost. */
async function isDeleted(parts: ModelParts, file: string, signal: AbortSignal): Promise<boolean> {
  const deletion = await tryOnce(parts, 'files', (openai, options) => openai.files.delete(file, options), signal)
  if (deletion === null) return true
  if (deletion === 'not sent' || deletion.problem !== 'url') return false
  const look = await tryOnce(parts, 'files', (openai, options) => openai.files.retrieve(file, options), signal)
  return look !== null && look !== 'not sent' && look.problem === 'url'
}

/** Null where it went well. Goes out past all that waits: whoever gave up does not wait. */
async function tryOnce(
  { client, model, purpose }: ModelParts,
  endpoint: string,
  send: (openai: OpenAI, options: SendOptions) => Promise<unknown>,
  signal: AbortSignal,
): Promise<TransportFailure | 'not sent' | null> {
  try {
    const tried = await client.attempt({ purpose, model, endpoint, isUrgent: true, send }, signal)
    return 'failed' in tried ? tried.failed : null
  } catch (error) {
    if (error instanceof SnipError && (error.kind === 'cancelled' || error.kind === 'offline')) return 'not sent'
    throw error
  }
}
