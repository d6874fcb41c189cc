import { ActionIcon, Tooltip } from '@mantine/core'
import { forwardRef, useState } from 'react'
import { Icon } from '../../components/Icon.tsx'
import styles from './neurons.module.css'

export interface PageMoves {
  readonly onPrevious: () => void
  readonly onNext: () => void
  readonly onRandom: () => void
  /** Goes where the text says; otherwise a sentence that says what is wrong. */
  readonly onJump: (typed: string) => string | null
  /** Where the neuron stands in the table as it is filtered and sorted: "12 of 3,840". */
  readonly place: string
  readonly jumpRef: React.Ref<HTMLInputElement>
}

/** From neuron to neuron: as the table is sorted, at random, or by its address. */
export function PageNav({ onPrevious, onNext, onRandom, onJump, place, jumpRef }: PageMoves) {
  return (
    <div className={styles.nav}>
      <Tooltip label="Previous in the table (K)">
        <ActionIcon aria-label="Previous neuron" onClick={onPrevious}>
          <Icon name="chevronUp" size={14} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Next in the table (J)">
        <ActionIcon aria-label="Next neuron" onClick={onNext}>
          <Icon name="chevronDown" size={14} />
        </ActionIcon>
      </Tooltip>
      <span className={styles.place}>{place}</span>
      <Tooltip label="A neuron at random, of those in the table">
        <ActionIcon aria-label="A neuron at random" onClick={onRandom}>
          <Icon name="refresh" size={14} />
        </ActionIcon>
      </Tooltip>
      <JumpBox ref={jumpRef} onJump={onJump} />
    </div>
  )
}

const JumpBox = forwardRef<HTMLInputElement, { onJump: (typed: string) => string | null }>(function JumpBox(
  { onJump },
  ref,
) {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  return (
    <form
      className={styles.jump}
      onSubmit={(event) => {
        event.preventDefault()
        const found = onJump(typed)
        setProblem(found)
        if (found === null) setTyped('')
      }}
    >
      <input
        ref={ref}
        className={styles.jumpField}
        aria-label="Jump to layer:index"
        aria-invalid={problem !== null}
        placeholder="jump (G)"
        size={12}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setProblem(null)
        }}
      />
      <span className={styles.jumpProblem} role="status">
        {problem}
      </span>
    </form>
  )
})
