import { useId, type ReactNode } from 'react'
import { useRemembered } from '../app/remembered.ts'
import { Icon } from './Icon.tsx'
import styles from './components.module.css'

/** A part of a view under a heading, parted from the next by a line. With `fold` it can be folded, and stays so. */
export function Section({
  title,
  note,
  actions,
  fold,
  level = 2,
  children,
}: {
  title: string
  /** A few words in lighter ink behind the title. */
  note?: ReactNode
  actions?: ReactNode
  /** Key under which the folding is remembered. */
  fold?: string
  level?: 2 | 3
  children: ReactNode
}) {
  const [folded, setFolded] = useRemembered(`fold.${fold ?? 'none'}`, false)
  const heading = useId()
  const Heading = level === 2 ? 'h2' : 'h3'
  const open = fold === undefined || !folded
  return (
    <section className={styles.section} aria-labelledby={heading}>
      <div className={styles.sectionHead}>
        <Heading className={styles.sectionTitle} id={heading}>
          {fold === undefined ? (
            title
          ) : (
            <button
              type="button"
              className={styles.sectionToggle}
              aria-expanded={open}
              onClick={() => setFolded(!folded)}
            >
              <Icon name={open ? 'chevronDown' : 'chevronRight'} size={12} />
              {title}
            </button>
          )}{' '}
          {note !== undefined && <span className={styles.sectionNote}>{note}</span>}
        </Heading>
        {actions}
      </div>
      {open && children}
    </section>
  )
}
