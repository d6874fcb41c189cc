import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './components.module.css'

/** What an empty view says: what would stand here, and the one click that brings it. */
export function EmptyState({
  title,
  children,
  action,
  secondary,
}: {
  title: string
  /** One or two sentences: what it is good for and what is missing. */
  children?: ReactNode
  action?: { label: string; run: () => unknown; disabled?: boolean } | undefined
  secondary?: ReactNode
}) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {children !== undefined && <div>{children}</div>}
      {(action !== undefined || secondary !== undefined) && (
        <div className={styles.emptyActions}>
          {action && (
            <Button onClick={() => void action.run()} disabled={action.disabled === true}>
              {action.label}
            </Button>
          )}
          {secondary}
        </div>
      )}
    </div>
  )
}
