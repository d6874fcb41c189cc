import { createContext, use } from 'react'

/** Says one line in the status line, which screen readers read out. */
export const StatusContext = createContext<(text: string) => void>(() => {})

/** The line that was said last. */
export const LastStatusContext = createContext('')

/** `const say = useSay()`, then `say('Undid: edited the concept of mlp:3:117')`. */
export function useSay(): (text: string) => void {
  return use(StatusContext)
}
