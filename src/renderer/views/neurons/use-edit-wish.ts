import { useCallback, useEffect, useRef, useState } from 'react'

/** A wish to edit the concept of a neuron, made (key E) perhaps before its page is there. */
export interface EditWish {
  readonly neuron: string
}

export interface EditWishes {
  readonly wish: EditWish | null
  /** Wishes for the editor of a neuron; from now on what is typed is meant for it. */
  readonly ask: (neuron: string) => void
  /** The editor is there and has the focus: fulfils the wish, and gives what was typed while it was awaited. */
  readonly take: () => string
  readonly drop: () => void
}

/** How long an editor is awaited, in milliseconds: where none comes (its column is folded away), keys are commands again. */
const patience = 10_000

const fields = 'input, textarea, select, [contenteditable=true]'

/**
 * Keeps the wish until the editor takes it. Letters typed meanwhile are kept for the editor, so that none of them is taken for
 * a command of the view; Esc takes the wish back.
 */
export function useEditWish(): EditWishes {
  const [wish, setWish] = useState<EditWish | null>(null)
  // Keys come faster than the page is drawn, so the truth is held beside the state.
  const held = useRef<{ typed: string } | null>(null)
  const ask = useCallback((neuron: string) => {
    held.current = { typed: '' }
    setWish({ neuron })
  }, [])
  const take = useCallback(() => {
    const typed = held.current?.typed ?? ''
    held.current = null
    setWish(null)
    return typed
  }, [])
  const drop = useCallback(() => void take(), [take])
  useEffect(() => {
    if (wish === null) return
    const timer = window.setTimeout(drop, patience)
    return () => window.clearTimeout(timer)
  }, [wish, drop])
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const waiting = held.current
      if (waiting === null || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
      if (event.target instanceof Element && event.target.closest(fields) !== null) return
      if (event.key === 'Escape') take()
      else if (event.key === 'Backspace') waiting.typed = waiting.typed.replace(/.$/su, '')
      else if (event.key.length <= 2 && !/^F\d$/.test(event.key)) waiting.typed += event.key
      else return
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', pressed, { capture: true })
    return () => window.removeEventListener('keydown', pressed, { capture: true })
  }, [take])
  return { wish, ask, take, drop }
}

/** Drops the wish when nobody wants its editor any more. */
export function useDroppedWish({ drop }: EditWishes, isOver: boolean): void {
  useEffect(() => {
    if (isOver) drop()
  }, [isOver, drop])
}
