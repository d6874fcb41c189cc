import { useEffect, useMemo, useState } from 'react'
import type { NeuronColumns, RankColumns } from './neuron-columns.ts'
import { inSlices } from './slices.ts'
import { filterRows, sortRows } from './table-order.ts'
import type { NeuronFilter, Sorting } from './table-order.ts'

export interface TableRows {
  /** Rows of the neuron table in the order in which they are shown. */
  readonly rows: Uint32Array
  /** True while a newer filter or order is being worked out. */
  readonly isWorking: boolean
}

const none = new Uint32Array(0)

/** Filters and sorts in slices, so that typing and scrolling go on meanwhile; a newer wish ends an older one. */
export function useTableRows(
  columns: NeuronColumns,
  ranks: RankColumns | null,
  k: number | null,
  filter: NeuronFilter,
  sorting: Sorting,
): TableRows {
  const wish = useMemo(() => ({ columns, ranks, k, filter, sorting }), [columns, ranks, k, filter, sorting])
  const [state, setState] = useState<{ rows: Uint32Array; wish: unknown }>({ rows: none, wish: null })
  useEffect(() => {
    const controller = new AbortController()
    const work = async () => {
      const slices = inSlices(controller.signal)
      const found = await filterRows(wish.columns, wish.ranks, wish.k, wish.filter, slices)
      if (found === null) return
      const rows = await sortRows(found, wish.columns, wish.ranks, wish.sorting, slices)
      if (rows !== null && !controller.signal.aborted) setState({ rows, wish })
    }
    void work()
    return () => controller.abort()
  }, [wish])
  return { rows: state.rows, isWorking: state.wish !== wish }
}
