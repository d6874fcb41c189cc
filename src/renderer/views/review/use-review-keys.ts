import { useEffect, useRef } from 'react'
import { useCommand } from '../../app/commands.ts'
import { useSettings } from '../../app/use-workbench.ts'

export interface ReviewActs {
  readonly accept: () => unknown
  readonly edit: () => unknown
  readonly reject: () => unknown
  readonly skip: () => unknown
  readonly always: () => unknown
  readonly never: () => unknown
  readonly undo: () => unknown
  readonly redo: () => unknown
  readonly previous: () => unknown
  readonly next: () => unknown
}

const group = 'Review'

/** Where arrow keys have a meaning of their own. */
const movers =
  'input, textarea, select, [contenteditable=true], [role=radiogroup], [role=slider], [role=listbox], [role=tablist], [role=grid], [role=dialog]'

/** Single keys of the view, as commands; the arrows go through the queue wherever they mean nothing else. */
export function useReviewKeys(acts: ReviewActs, has: boolean): void {
  const put = (id: string, title: string, shortcut: string, run: () => unknown, enabled = has) => ({
    id: `review.${id}`,
    title,
    shortcut,
    group,
    enabled,
    run,
  })
  useCommand(put('accept', 'Accept the concept and go on', 'a', acts.accept))
  useCommand(put('edit', 'Edit the concept', 'e', acts.edit))
  useCommand(put('reject', 'Reject the concept and go on', 'r', acts.reject))
  useCommand(put('skip', 'Skip: to the end of the queue', 's', acts.skip))
  useCommand(put('always', 'Always prune', 'p', acts.always))
  useCommand(put('never', 'Never prune', 'n', acts.never))
  useCommand(put('undo', 'Undo the last edit', 'u', acts.undo, true))
  useCommand(put('next', 'Next in the queue', 'j', acts.next))
  useCommand(put('previous', 'Previous in the queue', 'k', acts.previous))
  // What Ctrl+Z and Ctrl+Shift+Z do in this view.
  useCommand({ id: 'action.undo', title: 'Undo', hidden: true, run: acts.undo })
  useCommand({ id: 'action.redo', title: 'Redo', hidden: true, run: acts.redo })
  const on = useSettings().settings.shortcuts
  const latest = useRef(acts)
  useEffect(() => {
    latest.current = acts
  })
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
      if (event.target instanceof Element && event.target.closest(movers) !== null) return
      event.preventDefault()
      if (event.key === 'ArrowRight') latest.current.next()
      else latest.current.previous()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [on])
}
