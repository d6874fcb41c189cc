import { useQuery } from '@tanstack/react-query'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { readNeuronColumns, readRankColumns } from './neuron-columns.ts'
import type { NeuronColumns, RankColumns } from './neuron-columns.ts'
import { useNeuronSource } from './neuron-source.ts'

/** The neuron table as typed arrays; data is null before anything was recorded. */
export function useNeuronColumns() {
  const { orpc } = useRpc()
  const source = useNeuronSource()
  return useQuery<NeuronColumns | null>({
    // The path of the procedure comes first, so that its topic makes this stale too.
    queryKey: columnsKey(orpc.neurons.table.key()),
    queryFn: async ({ signal }) => {
      const table = await source.table(signal)
      return table === null ? null : readNeuronColumns(table)
    },
    structuralSharing: false,
  })
}

export function columnsKey(key: readonly unknown[]): readonly unknown[] {
  return [...key, 'columns']
}

/** Importance and rank by row under one ranking. */
export function useRankColumns(ranking: string | null, rows: number | null) {
  const { orpc } = useRpc()
  const source = useNeuronSource()
  return useQuery<RankColumns>({
    queryKey: [...orpc.rankings.order.key(), ranking, rows],
    queryFn: async ({ signal }) => readRankColumns(await source.order(ranking ?? '', signal), rows ?? 0),
    enabled: ranking !== null && rows !== null,
    structuralSharing: false,
    placeholderData: (held) => held,
  })
}
