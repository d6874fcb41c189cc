import { useEffect, useState } from 'react'

/**
 * What `read` makes of a bulk column (`float32Of`, `textsOf`); null until it is read. `read` must stay the same function.
 */
export function useBulk<T>(blob: Blob | null | undefined, read: (blob: Blob) => Promise<T>): T | null {
  const [held, setHeld] = useState<{ readonly blob: Blob; readonly value: T } | null>(null)
  useEffect(() => {
    if (!blob) return
    let wanted = true
    async function load(from: Blob) {
      const value = await read(from)
      if (wanted) setHeld({ blob: from, value })
    }
    void load(blob)
    return () => {
      wanted = false
    }
  }, [blob, read])
  return held !== null && held.blob === blob ? held.value : null
}
