import type { ReactNode } from 'react'
import { CopyButton } from '../../components/CopyButton.tsx'
import styles from './compare.module.css'

/** Two columns in one box that scrolls, so that they scroll together. */
export function SideColumns({
  original,
  unlearned,
  left,
  right,
}: {
  original: string
  unlearned: string
  left: ReactNode
  right: ReactNode
}) {
  return (
    <div className={styles.sides} tabIndex={0} role="region" aria-label="Continuations, original and unlearned">
      <div className={styles.sideHeads}>
        <div>
          <h3>Original</h3>
          <CopyButton text={original} label="Copy the original's text" />
        </div>
        <div>
          <h3 className={styles.unlearned}>Unlearned</h3>
          <CopyButton text={unlearned} label="Copy the unlearned text" />
        </div>
      </div>
      <div className={styles.pair}>
        {left}
        {right}
      </div>
    </div>
  )
}
