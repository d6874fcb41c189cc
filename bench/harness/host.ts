import type { EngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'
import { startEngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { makeCheckpoint } from '../checkpoint/make-checkpoint.ts'
import type { Gpt2Shape } from '../checkpoint/shapes.ts'
import { builtFile } from './built.ts'

/** An engine host with one model open, used as the services use it. */
export async function hostWith(shape: Gpt2Shape, threads: number): Promise<{ host: EngineHost; handle: string }> {
  const host = startEngineHost({ hostFile: builtFile('engine-host.worker.js'), log: (line) => console.error(line) })
  const path = makeCheckpoint(shape)
  const { handle } = await host.client.open({ path, tokenizer: null, threads, provider: 'cpu' })
  return { host, handle }
}

/** A corpus of random printable text with at least `tokens` tokens. */
export async function textCorpus(host: EngineHost, handle: string, tokens: number): Promise<string> {
  const random = createRandom(3)
  const characters = Array.from({ length: 4 * tokens }, () => String.fromCharCode(33 + random.integer(90)))
  const documents = [{ text: characters.join('') }]
  return (await host.client.corpus({ handle, documents, keepShort: false, window: 64, tokens })).corpus
}

/** Runs a stream to its end and returns its last event. */
export async function last<T>(stream: AsyncIterable<T>): Promise<T> {
  let event: T | undefined
  for await (event of stream);
  if (event === undefined) throw new Error('The stream was empty')
  return event
}
