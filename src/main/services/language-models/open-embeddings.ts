import { SnipError } from '../../../contract/failure.ts'
import type { TokenUsage } from '../../../core/concepts/language-model.ts'
import { throwIfAborted } from './clock.ts'
import { hashTogether, textHasher } from './answers/request-hash.ts'
import type { VectorStore } from './answers/vector-store.ts'
import { believableUsage, type Charge } from './budget/budget-meter.ts'
import { textsPerRequest } from './budget/estimate.ts'
import { readVectors } from './client/read-reply.ts'
import type { OpenEmbeddings } from './language-models.ts'
import { chargeOf, type ModelParts } from './open-model.ts'

const mostCharacters = 400_000

/** An embedding model of a server, whose vectors are kept on disk. */
export function openEmbeddings(parts: ModelParts & { readonly vectors: VectorStore }): OpenEmbeddings {
  const { client, model, provider, vectors, meter } = parts
  const { host, baseUrl } = client.address
  /** Texts that somebody is asking for already. */
  const underWay = new Map<string, Promise<void>>()
  let isClosed = false
  const hashOf = textHasher(baseUrl, model)

  async function embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    if (isClosed) throw new SnipError('internal', 'A model was used after it was closed')
    const both = parts.signal === undefined ? signal : AbortSignal.any([signal, parts.signal])
    throwIfAborted(both)
    const hashes = texts.map(hashOf)
    const found = new Map<string, Float32Array>()
    const missing = new Map<string, string>()
    const others: Promise<void>[] = []
    for (const [at, hash] of hashes.entries()) {
      if (vectors.has(hash)) meter.countReuse()
      else if (underWay.has(hash)) others.push(underWay.get(hash)!)
      else missing.set(hash, texts[at]!)
    }
    // After one that found no room no other is sent, whatever the disk says of itself.
    let full: unknown = null
    const noteFull = (error: unknown) => {
      if (isDiskFull(error)) full ??= error
      throw error
    }
    const checkRoom = () => {
      if (full !== null) throw full
      vectors.checkRoom(provider.concurrency * textsPerRequest)
    }
    const asked = groupsOf([...missing]).map((group) => {
      const done = askFor(parts, group, found, checkRoom, both).catch(noteFull)
      for (const [hash] of group) underWay.set(hash, done)
      return done.finally(() => {
        for (const [hash] of group) underWay.delete(hash)
      })
    })
    const ended = await Promise.allSettled([...asked, ...others.map((other) => other.catch(() => {}))])
    if (full !== null) throw full
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    const rows = hashes.map((hash) => found.get(hash) ?? vectors.find(hash))
    if (rows.every((row) => row !== null)) return rows
    // Whoever asked for the rest before gave up.
    return embed(texts, signal)
  }

  return {
    id: `${host}/${model}`,
    key: `${baseUrl} ${model}`,
    kept: vectors,
    hashOf,
    provider,
    embed,
    spending: () => meter.spending,
    close: () => {
      if (isClosed) return
      isClosed = true
      parts.close()
    },
  }
}

async function askFor(
  {
    client,
    model,
    price,
    counter,
    meter,
    journal,
    purpose,
    workId,
    vectors,
  }: ModelParts & { readonly vectors: VectorStore },
  group: readonly (readonly [hash: string, text: string])[],
  found: Map<string, Float32Array>,
  checkRoom: () => void,
  signal: AbortSignal,
): Promise<void> {
  const texts = group.map(([, text]) => text)
  const together = hashTogether(group.map(([hash]) => hash))
  let promptTokens = 0
  let most: Charge | null = null
  await client.run<{ vectors: Float32Array[]; usage: TokenUsage | null }>(
    {
      purpose,
      model,
      endpoint: 'embeddings',
      once: {
        identity: `${workId} ${together}`,
        refusals: journal?.refusalsOf(together) ?? 0,
        refused: () => journal?.noteRefusal(together),
      },
      send: (openai, options) =>
        openai.embeddings
          .create({ model, input: texts, encoding_format: 'float' }, options)
          .then((json) => readVectors(json, texts.length, client.address.host)),
      before: async (within) => {
        journal?.checkRoom()
        checkRoom()
        promptTokens = texts.reduce((sum, text) => sum + counter.text(text), 0)
        most = chargeOf(price, counter.most(promptTokens), 0)
        await meter.reserve(most, within)
      },
      after: (end) => {
        const reserved = most
        if (reserved === null) return null
        let spent: Charge | null = null
        if ('answer' in end) {
          const own = {
            promptTokens,
            mostPromptTokens: counter.most(promptTokens),
            completionTokens: 0,
            mostCompletionTokens: 0,
          }
          const usage = believableUsage(end.answer.usage, own)
          spent = chargeOf(price, usage.promptTokens, 0)
          meter.countCall()
        } else if (end.maybePaid) spent = reserved
        meter.settle(reserved, spent)
        // What was spent was spent, whether its vectors can be kept or not.
        if (spent !== null) journal?.append({ hash: '', charge: spent })
        if ('answer' in end) {
          for (const [at, [hash]] of group.entries()) {
            found.set(hash, end.answer.vectors[at]!)
            vectors.keep(hash, end.answer.vectors[at]!)
          }
        }
        return spent
      },
    },
    signal,
  )
}

function isDiskFull(error: unknown): boolean {
  return error instanceof SnipError && error.kind === 'disk-full'
}

function groupsOf(missing: readonly (readonly [string, string])[]): (readonly [string, string])[][] {
  const groups: (readonly [string, string])[][] = []
  let characters = 0
  for (const one of missing) {
    const last = groups.at(-1)
    if (last === undefined || last.length >= textsPerRequest || characters + one[1].length > mostCharacters) {
      groups.push([one])
      characters = 0
    } else last.push(one)
    characters += one[1].length
  }
  return groups
}
