import { useEffect, useId, useRef, type KeyboardEvent } from 'react'
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
  at,
  loading,
  empty,
  dims,
  onAt,
  onOpen,
  onEnter,
  onParent,
}: {
  entries: readonly Entry[]
  loading: boolean
  /** Said of a folder in which nothing is shown. */
  empty: string
  dims: (entry: Entry) => boolean
  /** Index of the entry that the keyboard is on. */
  at: number
  onAt: (at: number) => void
  onOpen: (entry: Entry) => void
  onEnter: (entry: Entry) => void
  onParent: () => void
}) {
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
    if (entries.length > 0 && !Number.isNaN(index)) onAt(Math.max(0, Math.min(entries.length - 1, index)))
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
      data-autofocus
      aria-label="Files and folders"
      aria-busy={loading}
      aria-activedescendant={active ? `${id}-${at}` : undefined}
      onKeyDown={key}
      onClick={(event) => {
        go(indexIn(event.target))
        list.current?.focus()
      }}
      onDoubleClick={(event) => {
        const entry = entries[indexIn(event.target)]
        if (entry) onOpen(entry)
      }}
    >
      {entries.map((entry, index) => (
        <div
          className={styles.entry}
          role="option"
          id={`${id}-${index}`}
          aria-selected={index === at}
          data-dim={dims(entry) || undefined}
          key={entry.id}
          tabIndex={-1}
          data-index={index}
        >
          <Icon name={entry.kind === 'folder' ? 'folder' : 'file'} size={14} />
          <span className={styles.name}>{entry.name}</span>
          <span className={styles.kind}>{kinds[entry.looksLike]}</span>
          <span className={styles.size}>{entry.bytes === null ? '' : formatBytes(entry.bytes)}</span>
          <span className={styles.time}>{formatTime(entry.modifiedAt)}</span>
        </div>
      ))}
      {entries.length === 0 && !loading && <p className={styles.nothing}>{empty}</p>}
    </div>
  )
}

/** Which entry was clicked; NaN for none. */
function indexIn(target: EventTarget): number {
  const option = target instanceof Element ? target.closest('[data-index]') : null
  return Number(option?.getAttribute('data-index') ?? Number.NaN)
}
