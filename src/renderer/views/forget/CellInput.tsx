import { useEffect, useRef, useState } from 'react'
import styles from './forget.module.css'

/** A cell while it is edited: Enter or leaving it saves, Escape goes back. `check` says what is wrong with a text. */
export function CellInput({
  label,
  initial,
  numeric = false,
  onSave,
  onCancel,
}: {
  label: string
  initial: string
  numeric?: boolean
  onSave: (text: string) => void
  onCancel: () => void
}) {
  const [text, setText] = useState(initial)
  const input = useRef<HTMLInputElement>(null)
  const ended = useRef(false)
  useEffect(() => input.current?.select(), [])
  const end = (save: boolean) => {
    if (ended.current) return
    ended.current = true
    const trimmed = text.trim()
    if (save && trimmed !== '' && trimmed !== initial) onSave(trimmed)
    else onCancel()
  }
  return (
    <input
      ref={input}
      className={styles.cellInput}
      aria-label={label}
      value={text}
      dir="auto"
      inputMode={numeric ? 'decimal' : 'text'}
      maxLength={10_000}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => end(true)}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Enter') end(true)
        if (event.key === 'Escape') end(false)
      }}
    />
  )
}
