import { Button, Checkbox, Modal, Select, TextInput } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { BulkAction, ReviewFilter } from '../../../contract/workbench/review.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { WordDiff } from '../../components/WordDiff.tsx'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './review.module.css'

const kinds = {
  accept: 'Accept',
  reject: 'Reject',
  reopen: 'Take the verdict back',
  always: 'Always prune',
  never: 'Never prune',
  unpin: 'Clear the pin',
  replace: 'Find and replace text',
} as const
type Kind = keyof typeof kinds

/** One action on every neuron that the filter lets through, with the number it changes shown before. */
export function BulkDialog(props: {
  opened: boolean
  onClose: () => void
  filter: ReviewFilter
  /** The filter in words. */
  what: string
  onDone: () => void
}) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Edit all neurons of the filter" size={560}>
      {props.opened ? <BulkForm {...props} /> : null}
    </Modal>
  )
}

function BulkForm({ filter, what, onClose, onDone }: Parameters<typeof BulkDialog>[0]) {
  const { client, orpc } = useRpc()
  const say = useSay()
  const act = useAction()
  const [kind, setKind] = useState<Kind>('replace')
  const [find, setFind] = useState('')
  const [other, setOther] = useState('')
  const [matchCase, setMatchCase] = useState(false)
  const action = actionOf(kind, { find, with: other, matchCase })
  const preview = useQuery({
    ...orpc.review.preview.queryOptions({ input: { filter, action: action ?? { kind: 'accept' } } }),
    enabled: action !== null,
    placeholderData: keepPreviousData,
  })
  const known = action === null ? undefined : preview.data
  const count = known?.count ?? 0
  const apply = async () => {
    if (action === null) return
    const went = await act.run(async () => {
      const { label } = await client.review.bulk({ filter, action, expected: count })
      say(label)
    })
    if (!went) return
    onDone()
    onClose()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void apply()
      }}
    >
      <p className={styles.soft}>
        The filter: {what}
        {known === undefined ? '' : `, ${formatCount(known.found)} ${known.found === 1 ? 'neuron' : 'neurons'}`}. One
        undo takes all of it back.
      </p>
      <Select
        label="What to do"
        data={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
        value={kind}
        allowDeselect={false}
        onChange={(value) => (value === null ? undefined : setKind(value as Kind))}
      />
      {kind === 'replace' ? (
        <>
          <TextInput label="Find" value={find} dir="auto" onChange={(event) => setFind(event.currentTarget.value)} />
          <TextInput
            label="Replace with"
            value={other}
            dir="auto"
            onChange={(event) => setOther(event.currentTarget.value)}
          />
          <Checkbox
            label="Match case"
            checked={matchCase}
            onChange={(event) => setMatchCase(event.currentTarget.checked)}
          />
        </>
      ) : null}
      {preview.error && action !== null ? (
        <FailureNote failure={failureOf(preview.error)} onRetry={preview.refetch} />
      ) : null}
      {known === undefined || kind !== 'replace' || known.examples.length === 0 ? null : (
        <ul className={`${styles.list} ${styles.examples}`} tabIndex={0} aria-label="Examples">
          {known.examples.map(({ neuron, before, after }) => (
            <li key={neuron}>
              <span className={styles.id}>{neuron}</span>
              <WordDiff original={before} unlearned={after} side="unlearned" />
            </li>
          ))}
        </ul>
      )}
      {known !== undefined && known.unfit > 0 ? (
        <p className={styles.soft}>{formatCount(known.unfit)} would be left empty or too long and stay as they are.</p>
      ) : null}
      {act.failure ? <FailureNote failure={act.failure} onRetry={act.retry} onDismiss={act.clear} /> : null}
      <div className={styles.actions}>
        <Button type="submit" loading={act.busy} disabled={count === 0 || preview.isFetching}>
          {kind === 'replace'
            ? `Find and replace in ${formatCount(count)} ${count === 1 ? 'concept' : 'concepts'}`
            : `${kinds[kind]}: ${formatCount(count)} ${count === 1 ? 'neuron' : 'neurons'}`}
        </Button>
        <Button variant="subtle" color="gray" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

function actionOf(
  kind: Kind,
  replacement: { readonly find: string; readonly with: string; readonly matchCase: boolean },
): BulkAction | null {
  switch (kind) {
    case 'always':
    case 'never':
      return { kind: 'pin', pin: kind }
    case 'replace':
      return replacement.find === '' ? null : { kind, ...replacement }
    default:
      return { kind }
  }
}
