import { Button, Modal, NumberInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { leastAnswerBytes, mostAnswerBytes, type AnswerAmount } from '../../../contract/workbench/answers.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatBytes, formatCount } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import shapes from '../../components/shapes.module.css'
import styles from './settings.module.css'

const gigabyte = 1_000_000_000

/** Answers that are kept for all workspaces: how many, how much they may take, and how to be rid of them. */
export function AnswersSection() {
  const { client, orpc } = useRpc()
  // Jobs and other programs add to them without a word.
  const kept = useQuery(orpc.answers.kept.queryOptions({ refetchOnMount: 'always' }))
  const clearing = useAction()
  const limiting = useAction()
  const [asked, setAsked] = useState(false)
  const [cleared, setCleared] = useState<AnswerAmount | null>(null)
  const [written, setWritten] = useState<number | string | null>(null)
  const { data } = kept
  const most = written ?? (data ? data.limitBytes / gigabyte : '')
  const limitBytes = Math.round(Number(most) * gigabyte)
  const isChanged = written !== null && limitBytes >= leastAnswerBytes && limitBytes <= mostAnswerBytes
  const limit = async (event: FormEvent) => {
    event.preventDefault()
    if (!isChanged) return
    if (await limiting.run(() => client.answers.limit({ limitBytes }))) setWritten(null)
  }
  const clear = async () => {
    await clearing.run(async () => setCleared(await client.answers.clear()))
    setAsked(false)
  }
  return (
    <Section
      title="Answers kept"
      note={data ? `${amountOf(data)}. What was answered once is not sent, nor paid, again.` : undefined}
      fold="answers"
      actions={
        <Button
          variant="default"
          // Once it was used it stays, so that the focus has a place to go back to.
          disabled={!data || (data.answers === 0 && cleared === null)}
          onClick={() => setAsked(true)}
        >
          Clear answers…
        </Button>
      }
    >
      {kept.error && <FailureNote failure={failureOf(kept.error)} onRetry={() => kept.refetch()} />}
      {clearing.failure && <FailureNote failure={clearing.failure} onDismiss={clearing.clear} />}
      <div role="status">{cleared && <p className={styles.note}>Deleted {amountOf(cleared)}.</p>}</div>
      <form className={styles.priceForm} onSubmit={(event) => void limit(event)}>
        <NumberInput
          label="Keep at most, GB"
          description="Beyond it the oldest answers go at once"
          w={240}
          min={leastAnswerBytes / gigabyte}
          max={mostAnswerBytes / gigabyte}
          decimalScale={3}
          value={most}
          onChange={setWritten}
        />
        <Button type="submit" variant="default" disabled={!isChanged} loading={limiting.busy}>
          Set the limit
        </Button>
      </form>
      {limiting.failure && <FailureNote failure={limiting.failure} onDismiss={limiting.clear} />}
      <Modal opened={asked} onClose={() => setAsked(false)} title="Clear answers" size={520}>
        {data && (
          <p>
            {amountOf(data)} of language models {data.answers === 1 ? 'is' : 'are'} deleted from this computer, for all
            workspaces. What is asked again is sent again, and paid again. Concepts, ratings and vectors stay, and so do
            the answers in the folders of jobs: a job that goes on pays nothing twice.
          </p>
        )}
        <div className={`${shapes.buttons} ${styles.confirm}`}>
          <Button color="red" loading={clearing.busy} onClick={() => void clear()}>
            Clear answers
          </Button>
          <Button variant="subtle" color="gray" onClick={() => setAsked(false)}>
            Keep them
          </Button>
        </div>
      </Modal>
    </Section>
  )
}

function amountOf({ answers, bytes }: AnswerAmount): string {
  return `${formatCount(answers)} ${answers === 1 ? 'answer' : 'answers'} (${formatBytes(bytes)})`
}
