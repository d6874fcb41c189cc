import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Comparison, Run } from '../../../contract/workbench/runs.ts'
import { Inspector } from '../../app/inspector.tsx'
import { isActive } from '../../app/use-workbench.ts'
import { notifyFailure } from '../../app/notify.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { wordsOf } from '../../components/measure-words.ts'
import { MeasureTable } from '../../components/MeasureTable.tsx'
import { formatTime } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { JobFollow, useJobOf } from '../prune/JobFollow.tsx'
import { Examples } from './Examples.tsx'
import type { ChosenPlan } from './plan-choice.tsx'
import styles from './compare.module.css'

/** The measures of the plan, or of another run that was made before. */
export function Measures({ chosen }: { chosen: ChosenPlan }) {
  const job = useJobOf('measure')
  const measuring = job !== null && isActive(job)
  const { client, orpc } = useRpc()
  const query = useQuery(orpc.runs.list.queryOptions())
  const [wanted, setWanted] = useState<string | null>(null)
  const [open, setOpen] = useState<{ run: string; comparison: Comparison } | null>(null)
  const runs = [...(query.data ?? [])].sort((a, b) => b.at - a.at)
  const ofPlan = runs.find((run) => run.planHash === chosen.planHash)
  const run = runs.find((one) => one.id === wanted) ?? ofPlan ?? runs[0] ?? null
  const remove = async (one: Run) => {
    try {
      await client.runs.remove({ id: one.id })
      setOpen(null)
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  return (
    <Section
      title="Measures"
      note={run ? `${run.title}, ${formatTime(run.at)}` : undefined}
      actions={
        runs.length > 1 ? (
          <>
            <Select
              aria-label="Run"
              data={runs.map((one) => ({ value: one.id, label: `${one.title}, ${formatTime(one.at)}` }))}
              value={run?.id ?? null}
              onChange={setWanted}
              w={320}
            />
            {run && (
              <Button variant="subtle" color="gray" onClick={() => void remove(run)}>
                Remove this run
              </Button>
            )}
          </>
        ) : undefined
      }
    >
      {query.error && <FailureNote failure={failureOf(query.error)} onRetry={() => query.refetch()} />}
      <JobFollow kind="measure" />
      {run?.stale != null && (
        <FailureNote tone="warn" failure={{ message: `These numbers are out of date: ${run.stale}.` }} />
      )}
      {chosen.plan !== null && query.data && ofPlan === undefined && !measuring && (
        <p className={styles.quiet}>
          {chosen.title === '' ? 'The plan' : chosen.title} is not measured yet.
          {run ? ' Below stand the numbers of an earlier plan.' : ''}
        </p>
      )}
      {run && (
        <MeasureTable
          caption={`Measures of ${run.title}`}
          comparisons={run.comparisons}
          open={open?.run === run.id ? open.comparison : null}
          onOpen={(comparison) => setOpen({ run: run.id, comparison })}
        />
      )}
      {run && open?.run === run.id && (
        <Inspector
          title={`Examples: ${open.comparison.name}, ${wordsOf(open.comparison.estimator).name.toLowerCase()}`}
        >
          <div className={styles.examplesHead}>
            <Button variant="default" size="compact-sm" onClick={() => setOpen(null)}>
              Close the examples
            </Button>
          </div>
          <Examples run={run.id} comparison={open.comparison} />
        </Inspector>
      )}
    </Section>
  )
}
