import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import styles from './jobs.module.css'

/** The lines of a job's log; asked for again every two seconds while it runs, and once more at its end. */
export function JobLog({ id, active }: { id: string; active: boolean }) {
  const { orpc } = useRpc()
  const { data, error, refetch } = useQuery(
    orpc.jobs.log.queryOptions({ input: { id }, refetchInterval: active ? 2000 : false, staleTime: 0 }),
  )
  useEffect(() => {
    if (!active) void refetch()
  }, [active, refetch])
  if (error) return <FailureNote failure={failureOf(error)} onRetry={() => refetch()} />
  const lines = data?.lines ?? []
  return (
    <div className={styles.log}>
      <div className={styles.logHead}>
        <span>{data === undefined ? 'Reading the log' : lines.length === 0 ? 'The log is empty' : 'Log'}</span>
        {lines.length > 0 && <CopyButton text={lines.join('\n')} label="Copy the log" wide />}
      </div>
      {lines.length > 0 && <pre tabIndex={0}>{lines.join('\n')}</pre>}
    </div>
  )
}
