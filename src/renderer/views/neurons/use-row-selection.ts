import { useCallback, useMemo, useState } from 'react'
import type { TableSelection } from '../../components/VirtualTable.tsx'
import type { NeuronColumns } from './neuron-columns.ts'

export interface RowSelection extends TableSelection {
  readonly count: number
  /** Marked rows of the neuron table. */
  readonly rows: () => number[]
  readonly clear: () => void
}

/** Marked neurons. They stay marked when the table is filtered or sorted anew. */
export function useRowSelection(columns: NeuronColumns, shown: Uint32Array): RowSelection {
  const total = columns.rows
  const [state, setState] = useState(() => ({ marks: new Uint8Array(total), count: 0 }))
  const held = state.marks.length === total ? state : { marks: new Uint8Array(total), count: 0 }
  const { marks, count } = held

  const change = useCallback(
    (from: number, to: number, how: 'toggle' | 'range') => {
      const next = marks.slice()
      for (let place = Math.min(from, to); place <= Math.max(from, to); place++) {
        const row = shown[place]
        if (row !== undefined) next[row] = how === 'range' ? 1 : 1 - next[row]!
      }
      let marked = 0
      for (const mark of next) marked += mark
      setState({ marks: next, count: marked })
    },
    [marks, shown],
  )
  return useMemo(
    () => ({
      count,
      has: (place) => marks[shown[place] ?? -1] === 1,
      change,
      all: () => change(0, shown.length - 1, 'range'),
      rows: () => {
        const found: number[] = []
        marks.forEach((mark, row) => (mark === 1 ? found.push(row) : undefined))
        return found
      },
      clear: () => setState({ marks: new Uint8Array(total), count: 0 }),
    }),
    [count, marks, shown, change, total],
  )
}
