import { resolve } from 'node:path'
import { startEngineHost, type EngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'
// @ts-expect-error: a plain script without types of its own
import { buildIfNeeded } from '../../scripts/build-if-needed.js'

const root = resolve(import.meta.dirname, '../..')

/** The built engine host of these sources. */
export async function engineHostFile(): Promise<string> {
  await (buildIfNeeded as () => Promise<boolean>)()
  return resolve(root, 'out/main/engine-host.js')
}

export interface TestHost extends EngineHost {
  /** Lines that the host wrote to its stderr. */
  readonly lines: readonly string[]
}

/** Starts a real engine host in a process of its own. */
export async function startHost(): Promise<TestHost> {
  return startHostOf(await engineHostFile())
}

/** Starts the engine host that a file holds. */
export function startHostOf(hostFile: string): TestHost {
  const lines: string[] = []
  const host = startEngineHost({ hostFile, log: (line) => lines.push(line) })
  return Object.defineProperty(host, 'lines', { value: lines }) as TestHost
}

type Event = { readonly kind: string }
type Done<E extends Event> = Extract<E, { kind: 'done' }>

/** Reads an event stream to its end: the events before the last, and the last, which must be `done`. */
export async function readStream<E extends Event>(stream: PromiseLike<AsyncIterable<E>>) {
  const events: Exclude<E, { kind: 'done' }>[] = []
  let done: Done<E> | null = null
  for await (const event of await stream) {
    if (done !== null) throw new Error(`An event came after done: ${JSON.stringify(event)}`)
    if (event.kind === 'done') done = event as Done<E>
    else events.push(event as Exclude<E, { kind: 'done' }>)
  }
  if (done === null) throw new Error('The stream ended without done')
  return { events, done }
}

/** The last event of a stream. */
export async function doneOf<E extends Event>(stream: PromiseLike<AsyncIterable<E>>): Promise<Done<E>> {
  return (await readStream(stream)).done
}
