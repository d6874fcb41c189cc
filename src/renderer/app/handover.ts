import { createContext, use, useEffect, useRef, useSyncExternalStore } from 'react'
import type { Grant } from '../../contract/workbench/files.ts'

/** What a file that comes from outside a view is for. A model that came before any workspace goes to the start. */
export type HandoverKind = 'model' | 'data' | 'model-without-workspace'

/** Holds one file between the place it came from (a drop, the start view) and the view that takes it up. */
export class Handover {
  #waiting: { readonly kind: HandoverKind; readonly grant: Grant } | null = null
  readonly #listeners = new Set<() => void>()

  give(kind: HandoverKind, grant: Grant): void {
    this.#waiting = { kind, grant }
    this.#changed()
  }

  /** Takes the file away, so that it is taken up once. */
  take(kind: HandoverKind): Grant | null {
    if (this.#waiting?.kind !== kind) return null
    const { grant } = this.#waiting
    this.#waiting = null
    this.#changed()
    return grant
  }

  waiting = (): { kind: HandoverKind; grant: Grant } | null => this.#waiting

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

export const HandoverContext = createContext<Handover>(new Handover())

/** A view that opens files: `useHandover('data', (grant) => startImport(grant))`. Called once for each file. */
export function useHandover(kind: HandoverKind, takeUp: (grant: Grant) => void): void {
  const handover = use(HandoverContext)
  const waiting = useSyncExternalStore(handover.subscribe, handover.waiting)
  const latest = useRef(takeUp)
  useEffect(() => {
    latest.current = takeUp
  })
  useEffect(() => {
    if (waiting?.kind !== kind) return
    const grant = handover.take(kind)
    if (grant) latest.current(grant)
  }, [handover, kind, waiting])
}
