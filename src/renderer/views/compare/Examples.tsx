import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Comparison } from '../../../contract/workbench/runs.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { axisTitle, styleOf } from '../../components/measure-words.ts'
import { formatCount } from '../../components/numbers.ts'
import { Value } from '../../components/Value.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import styles from './compare.module.css'

const pageSize = 50

/** The units behind a number, largest change first. */
export function Examples({ run, comparison }: { run: string; comparison: Comparison }) {
  const { client, orpc } = useRpc()
  const { dataset, estimator } = comparison
  const pages = useInfiniteQuery({
    queryKey: [...orpc.runs.examples.key(), run, dataset, estimator],
    queryFn: ({ pageParam, signal }) =>
      client.runs.examples({ run, dataset, estimator, offset: pageParam, limit: pageSize }, { signal }),
    initialPageParam: 0,
    getNextPageParam: (last, all) => {
      const shown = all.reduce((sum, page) => sum + page.examples.length, 0)
      return shown < last.total && last.examples.length > 0 ? shown : null
    },
  })
  if (pages.error) {
    return (
      <div className={styles.examples}>
        <FailureNote failure={failureOf(pages.error)} onRetry={() => pages.refetch()} />
      </div>
    )
  }
  const first = pages.data?.pages[0]
  if (!pages.data || !first) return <p className={styles.examples}>Reading the examples</p>
  const examples = pages.data.pages.flatMap((page) => page.examples)
  return (
    <div className={styles.examples}>
      <p className={styles.quiet}>
        {formatCount(first.total)} {first.unit}s, {axisTitle(estimator)}, largest change first
      </p>
      {examples.map((example) => (
        <Example key={example.index} example={example} estimator={estimator} unit={first.unit} />
      ))}
      {pages.hasNextPage && (
        <Button variant="default" mt={8} loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show {formatCount(Math.min(pageSize, first.total - examples.length))} more
        </Button>
      )}
    </div>
  )
}

function Example({
  example,
  estimator,
  unit,
}: {
  example: { index: number; text: string; original: number; unlearned: number }
  estimator: string
  unit: string
}) {
  const [open, setOpen] = useState(false)
  const { index, text, original, unlearned } = example
  const long = text.length > 240
  return (
    <article className={styles.example} aria-label={`${unit} ${index + 1}`}>
      <div className={styles.exampleNumbers}>
        <span>
          {unit} {formatCount(index + 1)}
        </span>
        <span>
          <Value value={original} {...styleOf(estimator)} /> → <Value value={unlearned} {...styleOf(estimator)} />
        </span>
        <Value value={unlearned - original} {...styleOf(estimator, true)} tone={comparisonTone(unlearned - original)} />
      </div>
      <p className={styles.exampleText} dir="auto" data-open={open || undefined}>
        {text}
      </p>
      {long && (
        <Button variant="subtle" color="gray" size="compact-xs" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show less' : 'Show all'}
        </Button>
      )}
    </article>
  )
}

function comparisonTone(change: number): 'original' | 'unlearned' {
  return change === 0 ? 'original' : 'unlearned'
}
