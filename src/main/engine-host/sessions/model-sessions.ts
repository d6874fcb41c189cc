import * as ort from 'onnxruntime-node'
import type { ProviderId } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Site } from '../../../contract/neuron.ts'
import type { GraphPurpose } from '../../../core/onnx/decoder-graph.ts'
import type { GraphSource, Silenced } from '../model/graph-source.ts'
import { createSession, runSession } from './session.ts'

/** What each session of a model computes. One small graph per purpose; the weights are shared through the page cache. */
export const purposes = {
  /** All neurons and their statistics, nothing after the last layer. */
  record: (sites: readonly Site[]): GraphPurpose => ({
    attention: 'causal',
    masks: false,
    record: { sites, statistics: true },
    output: 'none',
  }),
  activations: {
    attention: 'causal',
    masks: false,
    record: { sites: ['mlp', 'attention'], statistics: false },
    output: 'none',
  },
  losses: { attention: 'causal', masks: true, record: null, output: 'losses' },
  lossesAndRanks: { attention: 'causal', masks: true, record: null, output: 'losses-and-ranks' },
  branches: { attention: 'given', masks: true, record: null, output: 'losses' },
  logits: { attention: 'causal', masks: true, record: null, output: 'logits' },
  logitsAt: { attention: 'causal', masks: true, record: null, output: 'logits-at' },
  lastLogits: { attention: 'causal', masks: true, record: null, output: 'last-logits' },
  generate: { attention: 'cached', masks: true, record: null, output: 'last-logits' },
} as const satisfies Record<string, GraphPurpose | ((sites: readonly Site[]) => GraphPurpose)>

export interface ModelSessionSettings {
  readonly provider: ProviderId
  readonly threads: number
  readonly arena?: boolean
}

/** Sessions kept at once; a prepacked one holds a private copy of all weights. */
const sessionLimit = 4

/** A plan whose neurons are zeroed in the stored weights of a session's graph, and what tells it from others. */
export interface SilencedPlan {
  readonly key: string
  readonly silenced: Silenced
}

interface KeptSession {
  readonly session: Promise<ort.InferenceSession>
  /** Leases that are not given back yet. */
  users: number
  /** True once it was taken out: the last user's leaving frees it. */
  retired: boolean
}

/** A session that stays open until it is given back, however many others are made meanwhile. */
export interface SessionLease {
  readonly outputNames: readonly string[]
  /** Runs the session. Throws `out-of-memory` where memory is short. */
  run(
    feeds: ort.InferenceSession.FeedsType,
    fetches?: ort.InferenceSession.FetchesType,
  ): Promise<ort.InferenceSession.OnnxValueMapType>
  release(): Promise<void>
}

/**
 * The sessions of one open model, made when first needed. When there are too many, the least recently used of those that
 * nobody leases goes; while all are leased there are more than the limit.
 */
export class ModelSessions {
  readonly #graphs: GraphSource
  readonly #weightFolder: string
  readonly #settings: ModelSessionSettings
  readonly #open = new Map<string, KeptSession>()

  constructor(graphs: GraphSource, weightFolder: string, settings: ModelSessionSettings) {
    this.#graphs = graphs
    this.#weightFolder = weightFolder
    this.#settings = settings
  }

  get settings() {
    return this.#settings
  }

  /** Sessions that are open or being made. */
  get size(): number {
    return this.#open.size
  }

  /** A session for as long as a piece of work needs it: give it back, whatever happens. */
  async lease(purpose: GraphPurpose, plan: SilencedPlan | null = null): Promise<SessionLease> {
    const kept = this.#keep(purpose, plan)
    kept.users++
    let session: ort.InferenceSession
    try {
      session = await kept.session
    } catch (error) {
      kept.users--
      throw error
    }
    let held = true
    return {
      outputNames: session.outputNames,
      run: (feeds, fetches) => runSession(session, feeds, fetches),
      release: async () => {
        if (!held) return
        held = false
        kept.users--
        if (kept.retired && kept.users === 0) await releaseAll([kept.session])
        else await releaseAll(this.#takeIdle(sessionLimit))
      },
    }
  }

  /** A session for a caller that is alone with the model: nothing keeps it open once others are made. */
  get(purpose: GraphPurpose): Promise<ort.InferenceSession> {
    return this.#keep(purpose, null).session
  }

  #keep(purpose: GraphPurpose, plan: SilencedPlan | null): KeptSession {
    const key = JSON.stringify(purpose) + (plan?.key ?? '')
    const known = this.#open.get(key)
    if (known) {
      this.#open.delete(key)
      this.#open.set(key, known)
      return known
    }
    // Known before anything is awaited: a second caller must wait for this session, not make one that nobody releases.
    const kept = { session: this.#create(purpose, plan, this.#takeIdle(sessionLimit - 1)), users: 0, retired: false }
    this.#open.set(key, kept)
    kept.session.catch(() => {
      if (this.#open.get(key) === kept) this.#open.delete(key)
    })
    return kept
  }

  /** Takes out idle sessions, the least recently used first, until `most` are left or all others are leased. */
  #takeIdle(most: number): Promise<ort.InferenceSession>[] {
    const taken: Promise<ort.InferenceSession>[] = []
    for (const [key, { session, users }] of this.#open) {
      if (this.#open.size <= most) break
      if (users > 0) continue
      this.#open.delete(key)
      taken.push(session)
    }
    return taken
  }

  async #create(
    purpose: GraphPurpose,
    plan: SilencedPlan | null,
    released: readonly Promise<ort.InferenceSession>[],
  ): Promise<ort.InferenceSession> {
    await releaseAll(released)
    const bytes = this.#graphs.bytes(purpose, plan?.silenced)
    const { optimisation } = this.#graphs
    return createSession(bytes, this.#weightFolder, { ...this.#settings, prepacking: true, optimisation })
  }

  /** Frees the memory of all sessions; of one that is leased, when it is given back. */
  async release(): Promise<void> {
    const idle: Promise<ort.InferenceSession>[] = []
    for (const kept of this.#open.values()) {
      kept.retired = true
      if (kept.users === 0) idle.push(kept.session)
    }
    this.#open.clear()
    await releaseAll(idle)
  }
}

/** Releases sessions; one that could not be made has nothing to release, and told its own caller so. */
async function releaseAll(sessions: readonly Promise<ort.InferenceSession>[]): Promise<void> {
  for (const result of await Promise.allSettled(sessions)) {
    if (result.status === 'fulfilled') await result.value.release()
  }
}

/** An int64 tensor from numbers. */
export function int64Tensor(values: ArrayLike<number>, dims: readonly number[]): ort.Tensor {
  const data = new BigInt64Array(values.length)
  for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]!)
  return new ort.Tensor('int64', data, dims)
}

/** Mask inputs of a session, by name; or those of offsets. */
export function maskFeeds(
  masks: ReadonlyMap<Site, readonly Float32Array[]>,
  kind: 'mask' | 'offset' = 'mask',
): Record<string, ort.Tensor> {
  const feeds: Record<string, ort.Tensor> = {}
  for (const [site, layers] of masks) {
    for (const [layer, mask] of layers.entries()) {
      if (mask.length > 0) feeds[`${site}.${layer}.${kind}`] = new ort.Tensor('float32', mask, [mask.length])
    }
  }
  return feeds
}

/** The f32 data of a session's output. */
export function floatOutput(results: ort.InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const output = results[name]
  if (!output || !(output.data instanceof Float32Array))
    throw new SnipError('internal', `The session has no f32 output ${name}`)
  return output.data
}
