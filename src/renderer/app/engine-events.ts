import { createContext, use } from 'react'

/** Something that befell the engine: its process started, died, or was started again. */
export interface EngineEvent {
  /** Milliseconds since 1970, when this window heard of it. */
  readonly at: number
  readonly state: 'started' | 'died' | 'restarted'
  readonly message: string
}

export const EngineEventsContext = createContext<readonly EngineEvent[]>([])

/** What befell the engine since this window was opened, newest first; at most 50. */
export function useEngineEvents(): readonly EngineEvent[] {
  return use(EngineEventsContext)
}
