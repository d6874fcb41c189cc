import { useQuery } from '@tanstack/react-query'
import type { MemoryNow } from '../../contract/workbench/app.ts'
import { useRpc } from '../rpc/rpc-context.tsx'

const everyMs = 3000

/** How full the memory is, asked again every three seconds while the window is seen. Undefined until it is known. */
export function useMemory(): MemoryNow | undefined {
  const { orpc } = useRpc()
  return useQuery(orpc.app.memory.queryOptions({ refetchInterval: everyMs })).data
}
