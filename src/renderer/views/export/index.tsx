import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExportInfo } from '../../../contract/workbench/exports.ts'
import { notifyFailure } from '../../app/notify.ts'
import { navigate, useRoute } from '../../app/route.ts'
import { useJobs } from '../../app/use-workbench.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatBytes, formatCount, formatTime } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { PlanSelect, useChosenPlan } from '../compare/plan-choice.tsx'
import { ExportForm } from './ExportForm.tsx'
import { Receipt } from './Receipt.tsx'
import { ReportSection } from './ReportSection.tsx'
import shapes from '../../components/shapes.module.css'
import styles from './export.module.css'

/** Writes the pruned model and shows the receipt of it; earlier exports stand below. */
export function View() {
  const { client, orpc } = useRpc()
  const chosen = useChosenPlan()
  const query = useQuery(orpc.exports.list.queryOptions())
  const { arg } = useRoute()
  const jobs = useJobs().data ?? []
  const [seen, setSeen] = useState<string | null>(null)
  const exports = [...(query.data ?? [])].sort((a, b) => b.at - a.at)

  // An export that ends while the view is open shows its receipt.
  const ended = jobs.find((job) => job.kind === 'export' && job.state === 'done')?.result ?? null
  if (query.data && ended !== seen) {
    setSeen(ended)
    if (ended !== null && arg !== null && arg !== ended) navigate('export', null, { replace: true })
  }
  const open = exports.find((one) => one.id === arg) ?? exports[0] ?? null
  const forget = async (one: ExportInfo) => {
    try {
      await client.exports.forget({ id: one.id })
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        <h1>Export</h1>
        <PlanSelect chosen={chosen} />
      </div>
      <div className={styles.formSide}>
        {chosen.error !== null && chosen.error !== undefined && <FailureNote failure={failureOf(chosen.error)} />}
        {chosen.plan ? (
          <Section title="Write the pruned model">
            <ExportForm
              key={chosen.key}
              plan={chosen.plan}
              title={chosen.title}
              k={chosen.k}
              taken={exports.map((one) => one.name.replace(/\.onnx$/, ''))}
            />
          </Section>
        ) : (
          <EmptyState title="Nothing to export yet" action={{ label: 'Choose a cut', run: () => navigate('prune') }}>
            An export needs a cut or a saved plan: the neurons that the written model should do without.
          </EmptyState>
        )}
        <ReportSection />
      </div>
      <div className={styles.receiptSide}>
        {query.error && <FailureNote failure={failureOf(query.error)} onRetry={() => query.refetch()} />}
        {open && <Receipt key={open.id} info={open} />}
        {query.data && exports.length === 0 && (
          <p className={styles.quiet} style={{ padding: 16 }}>
            The receipt of an export stands here: what was removed, the size before and after, and whether the file,
            loaded again, gives the same numbers.
          </p>
        )}
        {exports.length > 0 && (
          <Section title="Exports">
            <table className={shapes.lined}>
              <caption className="visually-hidden">Exports of this workspace</caption>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Plan</th>
                  <th scope="col">Neurons</th>
                  <th scope="col">Size</th>
                  <th scope="col">Verified</th>
                  <th scope="col">Written</th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {exports.map((one) => (
                  <tr key={one.id} aria-current={one.id === open?.id || undefined}>
                    <th scope="row">
                      <button type="button" className={styles.open} onClick={() => navigate('export', one.id)}>
                        {one.name}
                      </button>
                    </th>
                    <td>
                      {one.title}, {one.realisation}
                      {one.replacement === 'mean' && ', means'}
                    </td>
                    <td>{formatCount(one.neurons)}</td>
                    <td>{formatBytes(one.files.reduce((sum, file) => sum + file.bytes, 0))}</td>
                    <td>{one.verification.passed ? 'yes' : 'no'}</td>
                    <td>{formatTime(one.at)}</td>
                    <td>
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        color="gray"
                        aria-label={`Take off: ${one.name}`}
                        title="Takes it off the list; the files stay"
                        onClick={() => void forget(one)}
                      >
                        Take off
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Section>
        )}
      </div>
    </div>
  )
}
