import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ConceptSide, ForgetConceptItem } from '../../../contract/workbench/forget-concepts.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatNumber } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './forget.module.css'

/** Asks for the sentence that several concepts become; their weights are added up. */
export function MergeForm({
  side,
  items,
  onMerged,
}: {
  side: ConceptSide
  items: readonly ForgetConceptItem[]
  onMerged: () => void
}) {
  const { client } = useRpc()
  const list = side === 'forget' ? client.forgetConcepts : client.protectedConcepts
  const action = useAction()
  const [text, setText] = useState(() => longest(items))
  const weight = items.reduce((sum, item) => sum + item.weight, 0)
  const merge = async () => {
    const ids = items.map((item) => item.id)
    if (await action.run(() => list.merge({ ids, text: text.trim() }))) onMerged()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim() !== '') void merge()
      }}
    >
      <Textarea
        label="Sentence of the merged concept"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault()
            if (text.trim() !== '') void merge()
          }
        }}
        rows={3}
        maxLength={10_000}
        dir="auto"
        data-autofocus
      />
      <p className={styles.quiet}>Its weight is the sum of theirs: {formatNumber(weight)}. Undo parts them again.</p>
      {action.failure && <FailureNote failure={action.failure} onRetry={merge} />}
      <Button type="submit" loading={action.busy} disabled={text.trim() === ''}>
        Merge {items.length} concepts
      </Button>
    </form>
  )
}

function longest(items: readonly ForgetConceptItem[]): string {
  return items.reduce((text, item) => (item.text.length > text.length ? item.text : text), '')
}
