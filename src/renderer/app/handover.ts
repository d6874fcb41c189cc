import { createContext, use, useEffect, useRef, useSyncExternalStore } from 'react'
import type { Grant } from '../../contract/workbench/files.ts'

/** What a file that comes from outside a view is for. A model that came before any workspace goes to the start. */
export type HandoverKind = 'model' | 'data' | 'model-without-workspace'

interface Handed {
  readonly kind: HandoverKind
  readonly grant: Grant
  /** For a model: its tokenizer, when that is known and does not lie beside it. */
  readonly tokenizer: Grant | null
}

/** Holds one file between the place it came from (a drop, the start view) and the view that takes it up. */
export class Handover {
  #waiting: Handed | null = null
  readonly #listeners = new Set<() => void>()

  give(kind: HandoverKind, grant: Grant, tokenizer: Grant | null = null): void {
    this.#waiting = { kind, grant, tokenizer }
    this.#changed()
  }

  /** Takes the file away, so that it is taken up once. */
  take(kind: HandoverKind): Handed | null {
    const handed = this.#waiting
    if (handed?.kind !== kind) return null
    this.#waiting = null
    this.#changed()
    return handed
  }

  waiting = (): Handed | null => this.#waiting

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
export function useHandover(kind: HandoverKind, takeUp: (grant: Grant, tokenizer: Grant | null) => void): void {
  const handover = use(HandoverContext)
  const waiting = useSyncExternalStore(handover.subscribe, handover.waiting)
  const latest = useRef(takeUp)
  useEffect(() => {
    latest.current = takeUp
  })
  useEffect(() => {
    if (waiting?.kind !== kind) return
    const handed = handover.take(kind)
    if (handed) latest.current(handed.grant, handed.tokenizer)
  }, [handover, kind, waiting])
}
