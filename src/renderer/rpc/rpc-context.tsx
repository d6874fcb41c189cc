import { QueryClientProvider } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import type { ConnectionState } from './connection.ts'
import { createRpc, type EventListener, type Rpc } from './rpc.ts'
import type { Transport } from './channel.ts'
import { createTransport } from './transport.ts'

const RpcContext = createContext<Rpc | null>(null)

/** Connects the page to the main side for as long as it is mounted, and gives queries to what is inside. */
export function RpcProvider({ children, transport }: { readonly children: ReactNode; readonly transport?: Transport }) {
  const [rpc] = useState(() => createRpc(transport ?? createTransport()))
  useEffect(() => {
    rpc.start()
    const hurry = () => {
      if (document.visibilityState === 'visible') rpc.connection.retryNow()
    }
    document.addEventListener('visibilitychange', hurry)
    return () => {
      document.removeEventListener('visibilitychange', hurry)
      rpc.stop()
    }
  }, [rpc])
  return (
    <RpcContext value={rpc}>
      <QueryClientProvider client={rpc.queries}>{children}</QueryClientProvider>
    </RpcContext>
  )
}

/** The client of the page: `const { client, orpc } = useRpc()`. */
export function useRpc(): Rpc {
  const rpc = useContext(RpcContext)
  if (rpc === null) throw new Error('useRpc outside of RpcProvider')
  return rpc
}

/** State of the connection, for the banner. */
export function useConnectionState(): ConnectionState {
  const { connection } = useRpc()
  return useSyncExternalStore(connection.subscribe, () => connection.state)
}

/** Calls back for every event while mounted; the listener may be a new function in every render. */
export function useEvents(listener: EventListener): void {
  const { listen } = useRpc()
  const newest = useRef(listener)
  useEffect(() => {
    newest.current = listener
  })
  useEffect(() => listen((event) => newest.current(event)), [listen])
}
