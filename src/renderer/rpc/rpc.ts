import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { createTanstackQueryUtils, type RouterUtils } from '@orpc/tanstack-query'
import { QueryClient } from '@tanstack/react-query'
import type { Grant } from '../../contract/workbench/files.ts'
import type { WorkbenchContract } from '../../contract/workbench/index.ts'
import type { WorkbenchEvent } from '../../contract/workbench/events.ts'
import { Connection } from './connection.ts'
import { isConnectionLoss } from './failures.ts'
import { applyEvent } from './topics.ts'
import type { Transport, UploadOptions } from './channel.ts'

export type WorkbenchClient = ContractRouterClient<WorkbenchContract>
export type EventListener = (event: WorkbenchEvent) => void

/** All that views need of the main side. */
export interface Rpc {
  readonly client: WorkbenchClient
  /** Options for useQuery and useMutation: `orpc.datasets.list.queryOptions()`. */
  readonly orpc: RouterUtils<WorkbenchClient>
  readonly connection: Connection
  readonly queries: QueryClient
  /** Sends a file to `AppInfo.uploadPath`; null where files come as drops. */
  readonly upload: ((file: File, path: string, options?: UploadOptions) => Promise<Grant>) | null
  /** Calls back for every event, after the queries it touches were asked for again; returns how to stop that. */
  listen(listener: EventListener): () => void
  /** Connects and follows the events until `stop`. */
  start(): void
  stop(): void
}

/** A client for this page over a transport. Queries stay good until an event says otherwise. */
export function createRpc(transport: Transport): Rpc {
  const connection = new Connection(transport)
  const client: WorkbenchClient = createORPCClient(connection)
  const queries = createQueries(connection)
  const listeners = new Set<EventListener>()
  const { upload } = transport
  let following: AbortController | null = null

  return {
    client,
    orpc: createTanstackQueryUtils(client),
    connection,
    queries,
    upload: upload && ((file, path, options = {}) => upload(file, path, options)),
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start() {
      if (following) return
      following = new AbortController()
      // Before the connection, so that listening begins before the first query is sent.
      void follow(client, connection, following.signal, (event, first) => {
        void applyEvent(queries, event, first)
        for (const listener of listeners) listener(event)
      })
      connection.start()
    },
    stop() {
      following?.abort()
      following = null
      connection.stop()
    },
  }
}

function createQueries(connection: Connection): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The main side is on this machine: whether the machine has a network is nothing to it.
        networkMode: 'always',
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (_count, error) => isConnectionLoss(error) && connection.state !== 'refused',
        retryDelay: 400,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  })
}

/** Hears all events, again after every loss of the connection. Each stream begins with `hello`. */
async function follow(
  client: WorkbenchClient,
  connection: Connection,
  signal: AbortSignal,
  hear: (event: WorkbenchEvent, first: boolean) => void,
): Promise<void> {
  let first = true
  while (!signal.aborted) {
    try {
      await connection.whenConnected(signal)
      for await (const event of await client.events.watch(undefined, { signal })) {
        hear(event, first)
        if (event.kind === 'hello') first = false
      }
    } catch {
      // Lost: the connection comes back by itself.
    }
    // A stream that ends although the connection stands is asked for again, not in a tight circle.
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
