import { statSync } from 'node:fs'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { SnipError } from '../../../contract/failure.ts'
import type { Site } from '../../../contract/neuron.ts'
import type { DiscoveredSite } from '../../../core/discovery/discovered-model.ts'
import { nodeLabel } from '../../../core/onnx/model-graph-order.ts'
import { createRandom, deriveSeed, type Random } from '../../../core/stats/random.ts'
import { floatOutput, int64Tensor, maskFeeds, purposes } from '../sessions/model-sessions.ts'
import { createSession, runSession } from '../sessions/session.ts'
import { emptyCache } from './empty-cache.ts'
import {
  foreignGraphBytes,
  foreignGraphs,
  hasCache,
  optimisationOf,
  planByOf,
  type ForeignModel,
} from './foreign-graphs.ts'
import type { Silenced } from './graph-source.ts'

/** Tokens of the sequence that is run, neurons of each site that are silenced, layers that are looked at. */
const checkedTokens = 12
const checkedNeurons = 3
const checkedLayers = 3
/** Of the largest |logit|: what a later token may change, and what a cache may. */
const tolerance = 1e-3

/** Bytes of a model that runs in no time. */
const largestSmallModel = 256 * 1024 * 1024

export interface DiscoveryCheck {
  /** Whether the cache gives the same logits as the whole sequence. */
  readonly cached: boolean
  /** Sentences: what was computed and seen. */
  readonly checked: readonly string[]
  /** Sentences: what is not as usual. */
  readonly notes: readonly string[]
}

/**
 * Runs a foreign model to see that what was found in it is true: logits are finite and causal; silencing neurons by masks equals zeroing
 * their stored rows, bit for bit. Where masks cannot be used, a site whose rows are all zeroed must not depend on its neurons.
 * Neurons and tokens are drawn by a fixed seed. Throws `unsupported-model` that names the node.
 */
export async function checkDiscovery(
  model: ForeignModel,
  threads: number,
  signal?: AbortSignal,
): Promise<DiscoveryCheck> {
  const check = new Check(model, threads, signal)
  try {
    return await check.run()
  } catch (error) {
    if (signal?.aborted || (error instanceof SnipError && error.kind !== 'internal')) throw error
    const detail = error instanceof Error ? error.message : String(error)
    throw new SnipError('unsupported-model', `ONNX Runtime cannot run the graph of ${model.graph.file}`, {
      remedy: 'Check that the file runs elsewhere, or export it again with an older operator set.',
      detail,
      cause: error,
    })
  } finally {
    await check.release()
  }
}

class Check {
  readonly #model: ForeignModel
  readonly #threads: number
  readonly #signal: AbortSignal | undefined
  readonly #random: Random = createRandom(deriveSeed(0, 'check-discovery'))
  readonly #sessions: InferenceSession[] = []
  readonly #ids: number[]
  readonly #sites: readonly DiscoveredSite[]

  constructor(model: ForeignModel, threads: number, signal: AbortSignal | undefined) {
    this.#model = model
    this.#threads = threads
    this.#signal = signal
    const { vocabularySize, contextLength, fixedSequence, sites } = model.discovered
    const length = Math.max(1, Math.min(checkedTokens, contextLength ?? checkedTokens, fixedSequence ?? checkedTokens))
    this.#ids = Array.from({ length }, () => this.#random.integer(vocabularySize))
    const layers = [...new Set(sites.map(({ layer }) => layer))]
    const chosen = new Set([layers[0], layers[Math.floor(layers.length / 2)], layers.at(-1)].slice(0, checkedLayers))
    this.#sites = sites.filter(({ layer }) => chosen.has(layer))
  }

  async run(): Promise<DiscoveryCheck> {
    const { discovered, graph } = this.#model
    const checked: string[] = []
    const notes: string[] = []
    const masks = planByOf(discovered) === 'mask'
    const plain = await this.#session({ masks: true, silenced: null })
    const ones = this.#masks([], 1)
    const logits = await this.#logits(plain, ones)
    if (logits.some((value) => !Number.isFinite(value))) {
      throw refuse(`${graph.file} gives logits that are not finite for ${this.#ids.length} random tokens`)
    }
    await this.#checkCausal(plain, ones, logits)
    checked.push('No logit depends on a later token')
    const some = this.#sites.map((site) => ({
      site,
      indices: this.#random.sample(site.width, Math.min(checkedNeurons, site.width)),
    }))
    if (masks) await this.#checkMasks(plain, some, logits, notes)
    else await this.#checkZeroedSites()
    const layers = new Set(this.#sites.map(({ layer }) => layer)).size
    const where = `${some.length} sites of ${layers} ${layers === 1 ? 'layer' : 'layers'}`
    checked.push(
      masks
        ? `Masking ${checkedNeurons} neurons in each of ${where} gives the same logits as zeroing their stored rows, bit for bit`
        : `With all rows zeroed, none of ${where} depends on its neurons`,
    )
    const cached = await this.#checkCache(logits, notes)
    if (cached) checked.push('The key-value cache gives the logits of the whole sequence')
    return { cached, checked, notes }
  }

  async #checkCausal(session: InferenceSession, ones: Silenced, logits: Float32Array): Promise<void> {
    const { vocabularySize, quantisesActivations, objective } = this.#model.discovered
    // One scale for all tokens makes every logit depend on every token a little: then only the structure can tell.
    if (quantisesActivations && objective === 'causal') return
    const changed = [...this.#ids]
    changed[changed.length - 1] = (changed.at(-1)! + 1) % vocabularySize
    const others = await this.#logits(session, ones, changed)
    const before = (this.#ids.length - 1) * vocabularySize
    if (!isClose(logits.subarray(0, before), others.subarray(0, before), quantisesActivations ? 0.1 : tolerance)) {
      throw refuse(`${this.#model.graph.file} predicts tokens from those after them: it is no causal language model`)
    }
  }

  async #checkMasks(
    plain: InferenceSession,
    some: readonly { readonly site: DiscoveredSite; readonly indices: readonly number[] }[],
    logits: Float32Array,
    notes: string[],
  ): Promise<void> {
    const all = this.#masks(some, 0)
    const zeroed = await this.#session({ masks: true, silenced: all })
    const ones = this.#masks([], 1)
    const masked = await this.#logits(plain, all)
    const surgical = await this.#logits(zeroed, ones)
    if (!isEqual(masked, surgical)) {
      for (const one of some) await this.#nameMismatch(plain, one)
      throw refuse(`Masking neurons of ${this.#model.graph.file} is not the same as zeroing their stored rows`)
    }
    if (isEqual(masked, logits))
      notes.push('Removing a few neurons of each site that was looked at changed no logit of a short text')
    // One run for each site: only where a run takes no time.
    if (sizeOf(this.#model) > largestSmallModel) return
    const unmoved = []
    for (const one of some) {
      if (!isEqual(await this.#logits(plain, this.#masks([one], 0)), logits)) continue
      unmoved.push(`${one.site.site}:${one.site.layer}`)
    }
    if (unmoved.length > 0) {
      notes.push(`Removing ${checkedNeurons} neurons changed no logit of a short text at ${unmoved.join(', ')}`)
    }
  }

  async #nameMismatch(
    plain: InferenceSession,
    one: { site: DiscoveredSite; indices: readonly number[] },
  ): Promise<void> {
    const masks = this.#masks([one], 0)
    const zeroed = await this.#session({ masks: true, silenced: masks })
    if (isEqual(await this.#logits(plain, masks), await this.#logits(zeroed, this.#masks([], 1)))) return
    const { graph, node } = one.site.projection
    throw refuse(
      `Masking neurons before ${nodeLabel(this.#model.graph.graphs[graph]!.nodes[node]!)} is not the same as zeroing its stored rows`,
    )
  }

  /** All rows of a site are zero: whatever its neurons are multiplied by, the logits stay. */
  async #checkZeroedSites(): Promise<void> {
    const whole = this.#sites.map((site) => ({
      site,
      indices: Array.from({ length: site.width }, (_, index) => index),
    }))
    const zeroed = await this.#session({ masks: true, silenced: this.#masks(whole, 0) })
    const logits = await this.#logits(zeroed, this.#masks([], 1))
    for (const one of whole) {
      const { graph, node } = one.site.projection
      if (isEqual(await this.#logits(zeroed, this.#masks([one], 0.5)), logits)) continue
      throw refuse(
        `Zeroing all stored rows of ${nodeLabel(this.#model.graph.graphs[graph]!.nodes[node]!)} does not silence its neurons`,
      )
    }
  }

  /** The last logits after two steps with a cache are those of the whole sequence. */
  async #checkCache(logits: Float32Array, notes: string[]): Promise<boolean> {
    const { vocabularySize, quantisesActivations } = this.#model.discovered
    if (this.#ids.length < 3) return false
    try {
      if (!hasCache(this.#model)) return false
      const session = await this.#open(
        foreignGraphBytes(this.#model, purposes.generate, { masks: true, silenced: null }),
      )
      const feeds = maskFeeds(this.#masks([], 1))
      const first = this.#ids.slice(0, -1)
      const before = await runSession(session, {
        ...feeds,
        ...stepFeeds(first, 0),
        ...emptyCache(foreignGraphs(this.#model, true)),
      })
      const cache: Record<string, Tensor> = {}
      for (const [name, value] of Object.entries(before)) {
        if (name.startsWith('present.')) cache[name.replace('present.', 'past.')] = value
      }
      const last = await runSession(session, { ...feeds, ...stepFeeds(this.#ids.slice(-1), first.length), ...cache })
      const wanted = logits.subarray(first.length * vocabularySize)
      if (isClose(wanted, floatOutput(last, 'logits'), quantisesActivations ? 0.1 : tolerance)) return true
      notes.push('The key-value cache gives other logits than the whole sequence: text is generated without it')
    } catch (error) {
      if (error instanceof SnipError && error.kind === 'out-of-memory') throw error
      notes.push('The key-value cache could not be run: text is generated without it')
    }
    return false
  }

  /** One number per neuron: `value` at the chosen ones, else 1. */
  #masks(
    chosen: readonly { readonly site: DiscoveredSite; readonly indices: readonly number[] }[],
    value: number,
  ): Silenced {
    const { sites, layers } = this.#model.discovered
    const masks = new Map<Site, Float32Array[]>()
    for (const name of ['mlp', 'attention'] as const) {
      masks.set(
        name,
        Array.from({ length: layers }, () => new Float32Array(0)),
      )
    }
    for (const { site, layer, width } of sites) masks.get(site)![layer] = new Float32Array(width).fill(1)
    for (const { site, indices } of chosen)
      for (const index of indices) masks.get(site.site)![site.layer]![index] = value
    return masks
  }

  #session(how: { readonly masks: boolean; readonly silenced: Silenced | null }): Promise<InferenceSession> {
    return this.#open(foreignGraphBytes(this.#model, purposes.logits, how))
  }

  async #open(bytes: Uint8Array): Promise<InferenceSession> {
    this.#signal?.throwIfAborted()
    const optimisation = optimisationOf(this.#model.graph)
    const settings = { provider: 'cpu', threads: this.#threads, prepacking: false, optimisation }
    const session = await createSession(bytes, this.#model.files.folder, settings)
    this.#sessions.push(session)
    return session
  }

  async #logits(session: InferenceSession, masks: Silenced, ids: readonly number[] = this.#ids): Promise<Float32Array> {
    const feeds = { input_ids: int64Tensor(ids, [1, ids.length]), ...maskFeeds(masks) }
    return floatOutput(await runSession(session, feeds), 'logits')
  }

  async release(): Promise<void> {
    for (const session of this.#sessions) await session.release()
  }
}

function sizeOf({ files }: ForeignModel): number {
  return [...files.paths.values()].reduce((sum, path) => sum + statSync(path).size, 0)
}

function stepFeeds(ids: readonly number[], past: number): Record<string, Tensor> {
  return { input_ids: int64Tensor(ids, [1, ids.length]), past_length: int64Tensor([past], []) }
}

function isEqual(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

/** Whether all differences are within a part of the largest magnitude. */
function isClose(a: Float32Array, b: Float32Array, part: number): boolean {
  if (a.length !== b.length) return false
  let largest = 0
  for (const value of a) largest = Math.max(largest, Math.abs(value))
  return a.every((value, i) => Math.abs(value - b[i]!) <= part * largest)
}

function refuse(what: string): SnipError {
  return new SnipError('unsupported-model', what, {
    remedy: 'Open the checkpoint that the file was made from, or export it again with another program.',
  })
}
