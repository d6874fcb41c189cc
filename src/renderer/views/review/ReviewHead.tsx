import { Button, Select, TextInput } from '@mantine/core'
import { memo } from 'react'
import type { ConceptStatus, ReviewWishes } from './wishes.ts'
import { orderNames, statusNames } from './wishes.ts'
import { Icon } from '../../components/Icon.tsx'
import { formatCount } from '../../components/numbers.ts'
import styles from './review.module.css'

export interface ReviewHeadProps {
  readonly wishes: ReviewWishes
  readonly onWishes: (wishes: ReviewWishes) => void
  readonly sites: readonly string[]
  readonly reviewer: string
  readonly onDialog: (dialog: 'find' | 'bulk' | 'reviewers') => void
  /** Leaves the search box for the neuron. */
  readonly onDone: () => void
}

const anywhere = 'any'

/** What the queue holds and in which order, and what is done with many neurons at once. */
export const ReviewHead = memo(function ReviewHead(props: ReviewHeadProps) {
  const { wishes, onWishes, sites } = props
  const set = (change: Partial<ReviewWishes>) => onWishes({ ...wishes, ...change })
  return (
    <div className={styles.head} role="search" aria-label="The queue">
      <h1>Review</h1>
      <Select
        w={168}
        aria-label="Order of the queue"
        data={Object.entries(orderNames).map(([value, label]) => ({ value, label }))}
        value={wishes.order}
        allowDeselect={false}
        onChange={(value) => (value === null ? undefined : set({ order: value as ReviewWishes['order'] }))}
      />
      <Select
        w={128}
        aria-label="Status"
        data={Object.entries(statusNames).map(([value, label]) => ({ value, label }))}
        value={wishes.status}
        allowDeselect={false}
        onChange={(value) => (value === null ? undefined : set({ status: value as ConceptStatus }))}
      />
      {sites.length > 1 ? (
        <Select
          w={104}
          aria-label="Site"
          data={[{ value: anywhere, label: 'Any site' }, ...sites.map((site) => ({ value: site, label: site }))]}
          value={wishes.site ?? anywhere}
          allowDeselect={false}
          onChange={(value) => set({ site: value === 'mlp' || value === 'attention' ? value : null })}
        />
      ) : null}
      <TextInput
        className={styles.search}
        aria-label="Words of the concept"
        placeholder="Words of the concept, or mlp:3:"
        leftSection={<Icon name="search" size={14} />}
        value={wishes.text}
        dir="auto"
        onChange={(event) => set({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || (event.key === 'Escape' && wishes.text === '')) props.onDone()
          else if (event.key === 'Escape') set({ text: '' })
          else return
          event.preventDefault()
          event.stopPropagation()
        }}
      />
      {wishes.only === null ? null : (
        <button type="button" className={styles.chip} onClick={() => set({ only: null })}>
          {formatCount(wishes.only.neurons.length)} {wishes.only.what} <Icon name="close" size={10} />
          <span className="visually-hidden">Take this choice away</span>
        </button>
      )}
      <span className={styles.grow} />
      <Button variant="default" onClick={() => props.onDialog('find')}>
        Find neurons…
      </Button>
      <Button variant="default" onClick={() => props.onDialog('bulk')}>
        Edit all…
      </Button>
      <Button variant="default" onClick={() => props.onDialog('reviewers')}>
        Reviewing as {props.reviewer}…
      </Button>
    </div>
  )
})
