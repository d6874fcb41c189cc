import { useCallback, useMemo, useState } from 'react'
import type { InspectorColumn } from './inspector.tsx'

/** State of the right column: its element, and the title of who fills it (null: the column is not there). */
export interface InspectorSlot {
  readonly column: InspectorColumn
  readonly title: string | null
  readonly setBody: (body: HTMLElement | null) => void
}

export function useInspectorSlot(): InspectorSlot {
  const [body, setBody] = useState<HTMLElement | null>(null)
  const [titles, setTitles] = useState<readonly { readonly title: string }[]>([])
  const fill = useCallback((title: string) => {
    const own = { title }
    setTitles((all) => [...all, own])
    return () => setTitles((all) => all.filter((one) => one !== own))
  }, [])
  const column = useMemo(() => ({ body, fill }), [body, fill])
  return { column, title: titles.at(-1)?.title ?? null, setBody }
}
