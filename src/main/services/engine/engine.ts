import { SnipError } from '../../../contract/failure.ts'
import type { ModelFacts, ProviderId } from '../../../contract/engine-host.ts'
import type { EngineHost, EngineHostClient } from '../../engine-host/client/engine-host-process.ts'

export interface EngineSettings {
  /** Threads inside one operator; 0 means one for each processor. */
  readonly threads: number
  /** The only provider to use, or null for the best that starts. */
  readonly provider: ProviderId | null
}

export interface EngineDependencies {
  readonly settings: EngineSettings
  /** Starts a host process. */
  readonly start: () => EngineHost
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
  #running: RunningHost | null = null
  #disposed = false

  constructor(dependencies: EngineDependencies) {
    this.#dependencies = dependencies
  }

  get settings(): EngineSettings {
    return this.#dependencies.settings
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
    const key = JSON.stringify([model.path, model.tokenizer])
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

  /** Closes a model, with all that was kept under its handle. */
  async close(model: ModelReference): Promise<void> {
    const key = JSON.stringify([model.path, model.tokenizer])
    const open = this.#running?.models.get(key)
    if (!this.#running || !open) return
    this.#running.models.delete(key)
    const { handle } = await open
    await this.#running.host.client.close({ handle })
  }

  /** Stops the host. Later calls throw. */
  async dispose(): Promise<void> {
    this.#disposed = true
    const running = this.#running
    this.#running = null
    await running?.host.stop()
  }

  #host(): RunningHost {
    if (this.#disposed) throw new SnipError('internal', 'The engine was already put away')
    if (this.#running && !this.#running.host.alive) this.#running = null
    this.#running ??= { host: this.#dependencies.start(), models: new Map() }
    return this.#running
  }
}
