import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Failure } from '../../contract/failure.ts'
import { Icon } from './Icon.tsx'
import styles from './components.module.css'

/** A failure where it happened: what is wrong, what to do, the raw detail folded away, and a retry where that can help. */
export function FailureNote({
  failure,
  onRetry,
  retryLabel = 'Try again',
  onDismiss,
  tone = 'fail',
  children,
}: {
  failure: Pick<Failure, 'message' | 'remedy' | 'detail'> & { readonly kind?: Failure['kind'] | undefined }
  /** Not offered for what exists already: the same again cannot help there. */
  onRetry?: (() => unknown) | undefined
  retryLabel?: string
  onDismiss?: (() => unknown) | undefined
  /** `warn` for what is worth knowing and stops nothing. */
  tone?: 'fail' | 'warn'
  /** More actions, beside the retry. */
  children?: ReactNode
}) {
  const retry = failure.kind === 'exists' ? undefined : onRetry
  const actions = retry !== undefined || onDismiss !== undefined || children !== undefined
  return (
    <div className={styles.note} role="alert" data-tone={tone}>
      <span className={styles.noteIcon}>
        <Icon name="warning" />
      </span>
      <div className={styles.noteBody}>
        <p>{failure.message}</p>
        {failure.remedy !== undefined && <p className={styles.noteRemedy}>{failure.remedy}</p>}
        {failure.detail !== undefined && failure.detail !== failure.message && (
          <details className={styles.detail}>
            <summary>Details</summary>
            {/* A long detail scrolls, so the keyboard has to reach it. */}
            <pre tabIndex={0}>{failure.detail}</pre>
          </details>
        )}
        {actions && (
          <div className={styles.noteActions}>
            {retry && (
              <Button variant="default" onClick={() => void retry()}>
                {retryLabel}
              </Button>
            )}
            {children}
            {onDismiss && (
              <Button variant="subtle" color="gray" onClick={() => void onDismiss()}>
                Dismiss
              </Button>
            )}
          </div>
        )}
      </div>
    </div>
  )
}
