import { createContext, use } from 'react'
import type { NeuronTable } from '../../../contract/workbench/neurons.ts'
import type { RankingOrder } from '../../../contract/workbench/rankings.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

/** Where the bulk columns come from. Replaced where a table of another size is wanted, for instance in measurements. */
export interface NeuronSource {
  table(signal: AbortSignal): Promise<NeuronTable | null>
  order(ranking: string, signal: AbortSignal): Promise<RankingOrder>
}

export const NeuronSourceContext = createContext<NeuronSource | null>(null)

export function useNeuronSource(): NeuronSource {
  const { client } = useRpc()
  const replaced = use(NeuronSourceContext)
  if (replaced) return replaced
  return {
    table: (signal) => client.neurons.table(undefined, { signal }),
    order: (id, signal) => client.rankings.order({ id }, { signal }),
  }
}
