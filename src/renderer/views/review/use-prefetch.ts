import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useRpc } from '../../rpc/rpc-context.tsx'

/** Fetches the pages of neurons that come next, one after the other, so that a key shows the next one at once. */
export function usePrefetch(neurons: readonly string[]): void {
  const { orpc } = useRpc()
  const queries = useQueryClient()
  const key = neurons.join(' ')
  useEffect(() => {
    let isWanted = true
    const fetchAll = async () => {
      for (const neuron of key.split(' ').filter(Boolean)) {
        if (!isWanted) return
        // A page that fails says so when it is shown.
        await Promise.allSettled([
          queries.ensureQueryData(orpc.neurons.page.queryOptions({ input: { neuron } })),
          queries.ensureQueryData(orpc.review.neuron.queryOptions({ input: { neuron } })),
          queries.ensureQueryData(orpc.review.simulations.queryOptions({ input: { neuron } })),
        ])
      }
    }
    void fetchAll()
    return () => {
      isWanted = false
    }
  }, [key, orpc, queries])
}
