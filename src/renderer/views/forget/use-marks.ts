import { useMemo, useState } from 'react'
import type { TableSelection } from '../../components/VirtualTable.tsx'

export interface Marks extends TableSelection {
  /** Ids of the marked rows that there are, in the order of the table. */
  readonly ids: readonly string[]
  readonly clear: () => void
}

/** Which rows of a list are marked, kept by id, so that a row that goes takes its mark with it. */
export function useMarks(shown: readonly string[]): Marks {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  return useMemo(
    () => ({
      ids: marked.size === 0 ? [] : shown.filter((id) => marked.has(id)),
      has: (row) => marked.has(shown[row] ?? ''),
      change: (from, to, how) => {
        const next = new Set(marked)
        for (let row = Math.min(from, to); row <= Math.max(from, to); row++) {
          const id = shown[row]
          if (id === undefined) continue
          if (how === 'range' || !next.has(id)) next.add(id)
          else next.delete(id)
        }
        setMarked(next)
      },
      all: () => setMarked(new Set(shown)),
      clear: () => setMarked(new Set()),
    }),
    [marked, shown],
  )
}
