import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import type { Entry } from '../../contract/workbench/files.ts'
import { Icon } from '../components/Icon.tsx'
import { formatBytes, formatTime } from '../components/numbers.ts'
import styles from './FileBrowser.module.css'

const kinds: Readonly<Record<Entry['looksLike'], string>> = {
  model: 'Model',
  workspace: 'Workspace',
  data: 'Data',
  other: '',
}

/**
 * What lies in a folder, as a list with one tab stop. Arrows, Home and End move; Enter opens; Right goes into a folder,
 * Left or Backspace out of it; letters jump to a name.
 */
export function EntryList({
  entries,
  loading,
  dims,
  onActive,
  onOpen,
  onEnter,
  onParent,
}: {
  entries: readonly Entry[]
  loading: boolean
  dims: (entry: Entry) => boolean
  onActive: (entry: Entry) => void
  onOpen: (entry: Entry) => void
  onEnter: (entry: Entry) => void
  onParent: () => void
}) {
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const typed = useRef({ text: '', at: 0 })
  const id = useId()
  const active = entries[at]

  useEffect(() => {
    list.current?.focus()
  }, [])
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [at, id])

  const go = (index: number) => {
    const next = Math.max(0, Math.min(entries.length - 1, index))
    const entry = entries[next]
    if (!entry) return
    setAt(next)
    onActive(entry)
  }
  const jump = (event: KeyboardEvent) => {
    const { timeStamp } = event
    const text = timeStamp - typed.current.at < 800 ? typed.current.text + event.key : event.key
    typed.current = { text, at: timeStamp }
    const found = entries.findIndex(({ name }) => name.toLowerCase().startsWith(text.toLowerCase()))
    if (found >= 0) go(found)
  }
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowDown') go(at + 1)
    else if (event.key === 'ArrowUp') go(at - 1)
    else if (event.key === 'PageDown') go(at + 10)
    else if (event.key === 'PageUp') go(at - 10)
    else if (event.key === 'Home') go(0)
    else if (event.key === 'End') go(entries.length - 1)
    else if (event.key === 'Enter' && active) onOpen(active)
    else if (event.key === 'ArrowRight' && active) onEnter(active)
    else if (event.key === 'ArrowLeft' || event.key === 'Backspace') onParent()
    else if (event.key.length === 1) jump(event)
    else return
    event.preventDefault()
  }
  return (
    <div
      ref={list}
      className={styles.list}
      role="listbox"
      tabIndex={0}
      aria-label="Files and folders"
      aria-busy={loading}
      aria-activedescendant={active ? `${id}-${at}` : undefined}
      onKeyDown={key}
    >
      {entries.map((entry, index) => (
        <div
          className={styles.entry}
          role="option"
          id={`${id}-${index}`}
          aria-selected={index === at}
          data-dim={dims(entry) || undefined}
          key={entry.id}
          onClick={() => go(index)}
          onDoubleClick={() => onOpen(entry)}
        >
          <Icon name={entry.kind === 'folder' ? 'folder' : 'file'} size={14} />
          <span className={styles.name}>{entry.name}</span>
          <span className={styles.kind}>{kinds[entry.looksLike]}</span>
          <span className={styles.size}>{entry.bytes === null ? '' : formatBytes(entry.bytes)}</span>
          <span className={styles.time}>{formatTime(entry.modifiedAt)}</span>
        </div>
      ))}
      {entries.length === 0 && !loading && <p className={styles.nothing}>This folder is empty.</p>}
    </div>
  )
}
