import { Button } from '@mantine/core'
import { memo } from 'react'
import type { Pin } from '../../../contract/workbench/neurons.ts'
import { KeyHint } from '../../components/KeyHint.tsx'
import type { ReviewActs } from './use-review-keys.ts'
import styles from './review.module.css'

export interface KeyBarProps {
  readonly acts: ReviewActs
  readonly has: boolean
  /** Whether the neuron has a concept that could be judged. */
  readonly isNamed: boolean
  readonly status: string | null
  readonly pin: Pin | null
}

/** What can be done with the neuron at hand, with the key of each, along the bottom edge. */
export const KeyBar = memo(function KeyBar({ acts, has, isNamed, status, pin }: KeyBarProps) {
  const key = (shortcut: string, label: string, run: () => unknown, options: { on?: boolean; off?: boolean } = {}) => (
    <Button
      className={styles.key ?? ''}
      variant={options.on === true ? 'filled' : 'default'}
      {...(options.on === undefined ? {} : { 'aria-pressed': options.on })}
      disabled={!has || options.off === true}
      leftSection={<KeyHint shortcut={shortcut} />}
      onClick={() => void run()}
    >
      {label}
    </Button>
  )
  return (
    <div className={styles.keys} role="toolbar" aria-label="Review">
      {key('a', 'Accept', acts.accept, { on: status === 'accepted', off: !isNamed })}
      {key('e', 'Edit', acts.edit)}
      {key('r', 'Reject', acts.reject, { on: status === 'rejected', off: !isNamed })}
      {key('s', 'Skip', acts.skip)}
      <span className={styles.keyGap} />
      {key('p', 'Always prune', acts.always, { on: pin === 'always' })}
      {key('n', 'Never prune', acts.never, { on: pin === 'never' })}
      <span className={styles.keyGap} />
      <Button
        className={styles.key ?? ''}
        variant="default"
        leftSection={<KeyHint shortcut="u" />}
        onClick={() => void acts.undo()}
      >
        Undo
      </Button>
      <span className={styles.grow} />
      {key('arrowleft', 'Previous', acts.previous)}
      {key('arrowright', 'Next', acts.next)}
    </div>
  )
})
