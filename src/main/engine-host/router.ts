import { embeddingHandlers } from './handlers/embeddings.ts'
import { exportHandlers } from './handlers/exports.ts'
import { makeHost, type Shelved } from './handlers/host.ts'
import { measureHandlers } from './handlers/measures.ts'
import { modelHandlers } from './handlers/models.ts'
import { neuronHandlers } from './handlers/neurons.ts'
import { textHandlers } from './handlers/texts.ts'
import { Shelf } from './operations/corpora.ts'
import { defaultCheckpointPauseMs } from './operations/record.ts'

export interface EngineHostOptions {
  /** Milliseconds from one checkpoint of a recording to the next, by what the last one took. */
  readonly checkpointPauseMs?: (costMs: number) => number
  /** Whether ONNX Runtime may keep memory in an arena. */
  readonly arena?: boolean
}

/** Implements the engine host's contract. Every error leaves as a failure with a kind. */
export function createEngineHostRouter({
  checkpointPauseMs = defaultCheckpointPauseMs,
  arena = true,
}: EngineHostOptions = {}) {
  const models = new Shelf<Shelved>('model')
  const host = makeHost()
  return host.router({
    ...modelHandlers(host, models, arena),
    ...measureHandlers(host, models),
    ...textHandlers(host, models),
    ...neuronHandlers(host, models, checkpointPauseMs),
    ...embeddingHandlers(host, models, arena),
    ...exportHandlers(host, models),
  })
}
