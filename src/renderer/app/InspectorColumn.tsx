import { useState, useEffect } from 'react'
import { Icon } from '../components/Icon.tsx'
import { Splitter } from '../components/Splitter.tsx'
import { useCommand } from './commands.ts'
import { useRemembered } from './remembered.ts'
import type { InspectorSlot } from './use-inspector-slot.ts'
import styles from './Shell.module.css'

const narrowest = 280
const widest = 720

/** The right column, sized by its edge. Folded it is a narrow strip; without anything to show it is not there. */
export function InspectorColumn({ slot }: { slot: InspectorSlot }) {
  const { title, setBody } = slot
  const [width, setWidth] = useRemembered('inspector.width', 400)
  const [folded, setFolded] = useRemembered('inspector.folded', false)
  const room = useRoom()
  const shown = title !== null
  useCommand({
    id: 'inspector',
    title: folded ? 'Show the inspector' : 'Hide the inspector',
    shortcut: 'mod+\\',
    group: 'View',
    enabled: shown,
    run: () => setFolded(!folded),
  })
  const most = Math.max(narrowest, Math.min(widest, Math.round(room * 0.6)))
  const size = Math.min(width, most)
  const open = shown && !folded
  return (
    <aside
      className={styles.inspector}
      aria-label={title ?? 'Inspector'}
      hidden={!shown}
      data-folded={folded || undefined}
      style={open ? { width: size } : {}}
    >
      {open && (
        <div className={styles.inspectorEdge}>
          <Splitter
            label="Width of the inspector"
            size={size}
            onSize={setWidth}
            min={narrowest}
            max={most}
            sizes="right"
          />
        </div>
      )}
      <div className={styles.inspectorHead}>
        {!folded && <h2 className={styles.inspectorTitle}>{title}</h2>}
        <button
          type="button"
          className={styles.iconButton}
          aria-label={folded ? 'Show the inspector' : 'Hide the inspector'}
          aria-expanded={!folded}
          title={folded ? 'Show the inspector' : 'Hide the inspector'}
          onClick={() => setFolded(!folded)}
        >
          <Icon name="panel" size={14} />
        </button>
      </div>
      <div className={styles.inspectorBody} ref={setBody} hidden={folded} />
    </aside>
  )
}

/** Width of the frame in the pixels of the zoomed page. */
function useRoom(): number {
  const [room, setRoom] = useState(1280)
  useEffect(() => {
    const frame = document.getElementById('root')
    if (!frame) return
    const observer = new ResizeObserver(() => setRoom(frame.clientWidth))
    observer.observe(frame)
    return () => observer.disconnect()
  }, [])
  return room
}
