import { use, useEffect } from 'react'
import { CommandsContext } from './commands.ts'
import { isMac } from './is-mac.ts'
import { matchesShortcut } from './shortcut.ts'
import { useSettings } from './use-workbench.ts'

const typing =
  'input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable=true]'

/** Turns key presses, and the words of the desktop menu, into commands. */
export function ShortcutKeys() {
  const registry = use(CommandsContext)
  const on = useSettings().settings.shortcuts

  useEffect(() => {
    const mac = isMac()
    const pressed = (event: KeyboardEvent) => {
      if (!on || event.defaultPrevented || event.isComposing) return
      const field = event.target instanceof Element && event.target.closest(typing) !== null
      const dialog = event.target instanceof Element && event.target.closest('[role=dialog][aria-modal=true]') !== null
      for (const { id, shortcut, enabled } of registry.list()) {
        if (shortcut === undefined || enabled === false || !matchesShortcut(event, shortcut, mac)) continue
        // In a field, letters are text (on a Mac with Alt, too), and undo is the field's own.
        const writes = !(event.ctrlKey || event.metaKey || (event.altKey && (!mac || isReadOnly(event.target))))
        if (field && (writes || id.startsWith('edit.'))) continue
        if (dialog && !id.startsWith('zoom.')) continue
        event.preventDefault()
        registry.run(id)
        return
      }
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [on, registry])

  useEffect(() => {
    const told = (event: MessageEvent<unknown>) => {
      if (event.source !== window || !isMenuWord(event.data)) return
      registry.run(event.data.id)
    }
    window.addEventListener('message', told)
    return () => window.removeEventListener('message', told)
  }, [registry])
  return null
}

/** Lists that drop down are fields in which nobody writes. */
function isReadOnly(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.readOnly
}

function isMenuWord(data: unknown): data is { snip: 'command'; id: string } {
  return (
    typeof data === 'object' &&
    data !== null &&
    (data as { snip?: unknown }).snip === 'command' &&
    typeof (data as { id?: unknown }).id === 'string'
  )
}
