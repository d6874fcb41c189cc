import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useEvents, useRpc } from '../../rpc/rpc-context.tsx'
import { readNeuronColumns, readRankColumns } from './neuron-columns.ts'
import type { NeuronColumns, RankColumns } from './neuron-columns.ts'
import { useNeuronSource } from './neuron-source.ts'

/** Not the key of the procedure: an edit of one neuron need not bring all columns again at once. */
export const columnsKey = ['neuron columns'] as const

/** When this page last edited neurons, in milliseconds of `Date.now()`. */
export const editedKey = ['neuron columns edited'] as const

/** Pause after edits of one's own, until the columns are asked for again, in milliseconds. */
const quiet = 2000

/** The neuron table as typed arrays; data is null before anything was recorded. */
export function useNeuronColumns() {
  const source = useNeuronSource()
  const queries = useQueryClient()
  const timer = useRef(0)
  useEvents((event) => {
    if (event.kind !== 'changed') return
    const isOther = event.topics.includes('recordings') || event.topics.includes('neurons')
    if (!isOther && !event.topics.includes('concepts') && !event.topics.includes('pins')) return
    const edited = queries.getQueryData<number>(editedKey) ?? 0
    window.clearTimeout(timer.current)
    // One's own edit is on the screen already: reviewing by keyboard asks for no new columns between two keys.
    const wait = !isOther && Date.now() - edited < quiet ? quiet : 0
    timer.current = window.setTimeout(() => void queries.invalidateQueries({ queryKey: columnsKey }), wait)
  })
  return useQuery<NeuronColumns | null>({
    queryKey: columnsKey,
    queryFn: async ({ signal }) => {
      const table = await source.table(signal)
      return table === null ? null : readNeuronColumns(table)
    },
    structuralSharing: false,
  })
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
