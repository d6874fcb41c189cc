import { useCallback, useState } from 'react'

/** `400` is kept as any number, `false` as either of the two. */
type Kept<T> = T extends number ? number : T extends boolean ? boolean : T

/** A value kept in this browser between visits: sizes of panels, what is folded. Not for anything that matters. */
export function useRemembered<T extends string | number | boolean>(
  key: string,
  initial: T,
): [Kept<T>, (value: Kept<T>) => void] {
  const name = `snip.${key}`
  const [value, setValue] = useState<Kept<T>>(() => read(name, initial as unknown as Kept<T>))
  const remember = useCallback(
    (next: Kept<T>) => {
      setValue(next)
      try {
        window.localStorage.setItem(name, JSON.stringify(next))
      } catch {
        // Storage may be full or forbidden; the value then lasts as long as the window.
      }
    },
    [name],
  )
  return [value, remember]
}

function read<T>(name: string, initial: T): T {
  try {
    const text = window.localStorage.getItem(name)
    const value: unknown = text === null ? initial : JSON.parse(text)
    return typeof value === typeof initial ? (value as T) : initial
  } catch {
    return initial
  }
}
