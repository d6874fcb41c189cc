import { SnipError } from '../../../contract/failure.ts'
import type { ModelFacts, ProviderId } from '../../../contract/engine-host.ts'
import { describeExit, type EngineHost, type EngineHostClient } from '../../engine-host/client/engine-host-process.ts'

export interface EngineSettings {
  /** Threads inside one operator; 0 means one for each processor. */
  readonly threads: number
  /** The only provider to use, or null for the best that starts. */
  readonly provider: ProviderId | null
}

/** What becomes of the host's process: `died` when nobody asked it to end. */
export type EngineNews = 'started' | 'died' | 'restarted'

export interface EngineDependencies {
  readonly settings: EngineSettings
  /** Starts a host process. */
  readonly start: () => EngineHost
  /** Hears what becomes of the host, in one sentence. */
  readonly heard?: (news: EngineNews, sentence: string) => void
}

/** A model as the user names it: a folder or a file, and a tokenizer when it does not lie beside the model. */
export interface ModelReference {
  readonly path: string
  readonly tokenizer: string | null
}

interface RunningHost {
  readonly host: EngineHost
  /** Models that this host has open, by reference. */
  readonly models: Map<string, Promise<ModelFacts>>
}

/**
 * The engine host as the services share it: started on the first call, started anew after it died, models opened on
 * demand and once. A call that was pending when the host died rejects with `host-died`; the next call works again.
 */
export class Engine {
  readonly #dependencies: EngineDependencies
  #settings: EngineSettings
  #running: RunningHost | null = null
  #starts = 0
  #disposed = false

  constructor(dependencies: EngineDependencies) {
    this.#dependencies = dependencies
    this.#settings = dependencies.settings
  }

  get settings(): EngineSettings {
    return this.#settings
  }

  /** Takes other settings: the host is stopped, and the next call starts one that has them. */
  async changeSettings(settings: EngineSettings): Promise<void> {
    this.#settings = settings
    await this.stop()
  }

  /** Stops the host and frees its memory; the next call starts it again. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = null
    await running?.host.stop()
  }

  /** Ends the host in the middle of whatever it does. Pending calls reject; the next call starts it again. */
  kill(): void {
    const running = this.#running
    this.#running = null
    running?.host.kill()
  }

  /** Process id of the running host. */
  get pid(): number | undefined {
    return this.#running?.host.pid
  }

  /** The client of the running host, which is started when there is none. */
  get client(): EngineHostClient {
    return this.#host().host.client
  }

  /** Opens a model, or finds it open. The handle is good until the host dies. */
  async open(model: ModelReference, signal: AbortSignal): Promise<ModelFacts> {
    const { host, models } = this.#host()
    const key = keyOf(model)
    const known = models.get(key)
    if (known) return known
    const opening = host.client.open({ ...model, ...this.settings }, { signal })
    models.set(key, opening)
    try {
      return await opening
    } catch (error) {
      models.delete(key)
      throw error
    }
  }

  /** True while the running host has a model open, or is opening it. */
  isOpen(model: ModelReference): boolean {
    return this.#running?.host.alive === true && this.#running.models.has(keyOf(model))
  }

  /** Closes a model, with all that was kept under its handle. */
  async close(model: ModelReference): Promise<void> {
    const key = keyOf(model)
    const open = this.#running?.models.get(key)
    if (!this.#running || !open) return
    this.#running.models.delete(key)
    const { handle } = await open
    await this.#running.host.client.close({ handle })
  }

  /** Stops the host. Later calls throw. */
  async dispose(): Promise<void> {
    this.#disposed = true
    await this.stop()
  }

  #host(): RunningHost {
    if (this.#disposed) throw new SnipError('internal', 'The engine was already put away')
    if (this.#running && !this.#running.host.alive) this.#running = null
    this.#running ??= this.#start()
    return this.#running
  }

  #start(): RunningHost {
    const running: RunningHost = { host: this.#dependencies.start(), models: new Map() }
    const { heard } = this.#dependencies
    if (!heard) return running
    if (this.#starts++ === 0) heard('started', 'The engine was started')
    else heard('restarted', 'The engine was started again')
    void this.#watch(running, heard)
    return running
  }

  async #watch(running: RunningHost, heard: NonNullable<EngineDependencies['heard']>): Promise<void> {
    const how = await running.host.whenExited
    // One that was stopped or killed on purpose is no longer the running one.
    if (this.#running !== running) return
    this.#running = null
    heard('died', describeExit(how, '').message)
  }
}

function keyOf({ path, tokenizer }: ModelReference): string {
  return JSON.stringify([path, tokenizer])
}
