import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { LedgerEntry, LedgerTotal } from '../../../contract/workbench/ledger.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import shapes from '../../components/shapes.module.css'
import styles from './settings.module.css'

const shown = 50

/** Every request that left this machine for a language model: where to, for what, and what it cost. */
export function LedgerSection() {
  const { client, orpc } = useRpc()
  const page = useQuery(orpc.ledger.list.queryOptions({ input: { limit: shown } }))
  const action = useAction()
  const [written, setWritten] = useState<{ path: string; entries: number } | null>(null)
  const write = (format: 'csv' | 'jsonl') => action.run(async () => setWritten(await client.ledger.export({ format })))
  const data = page.data
  return (
    <Section
      title="Requests sent"
      note={data ? `${formatCount(data.count)} in all. No text and no key is kept here.` : undefined}
      fold="ledger"
      actions={
        <div className={shapes.buttons}>
          <Button
            variant="default"
            loading={action.busy}
            disabled={!data || data.count === 0}
            onClick={() => void write('csv')}
          >
            Export as CSV
          </Button>
          <Button
            variant="default"
            disabled={!data || data.count === 0 || action.busy}
            onClick={() => void write('jsonl')}
          >
            Export as JSONL
          </Button>
        </div>
      }
    >
      {page.error && <FailureNote failure={failureOf(page.error)} onRetry={() => page.refetch()} />}
      {action.failure && <FailureNote failure={action.failure} onRetry={action.retry} />}
      <div role="status">
        {written && (
          <p className={styles.place}>
            Wrote {formatCount(written.entries)} requests: <span className="mono">{written.path}</span>
            <CopyButton text={written.path} label="Copy the path of the export" />
          </p>
        )}
      </div>
      {data && data.damaged > 0 && (
        <FailureNote
          tone="warn"
          failure={{ message: `${formatCount(data.damaged)} lines of the ledger cannot be read.` }}
        />
      )}
      {data && data.count === 0 && <p className={styles.note}>Nothing has been sent yet.</p>}
      {data && data.count > 0 && (
        <>
          <Totals totals={data.totals} />
          <Entries entries={data.entries} count={data.count} />
        </>
      )}
    </Section>
  )
}

function Totals({ totals }: { totals: readonly LedgerTotal[] }) {
  const sum = (of: (total: LedgerTotal) => number) => totals.reduce((all, total) => all + of(total), 0)
  const unpriced = sum((total) => total.unpriced)
  return (
    <table className={`${shapes.lined} ${styles.ledger}`}>
      <caption>In all</caption>
      <thead>
        <tr>
          <th scope="col">Host</th>
          <th scope="col">Model</th>
          <th scope="col">Purpose</th>
          <th scope="col" data-number>
            Requests
          </th>
          <th scope="col" data-number>
            Tokens, prompt
          </th>
          <th scope="col" data-number>
            Tokens, answer
          </th>
          <th scope="col" data-number>
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {totals.map((total) => (
          <tr key={`${total.host} ${total.provider} ${total.model} ${total.purpose}`}>
            <td>{total.host}</td>
            <td className="mono">{total.model === '' ? '–' : total.model}</td>
            <td>{total.purpose}</td>
            <td data-number>{formatCount(total.requests)}</td>
            <td data-number>{formatCount(total.promptTokens)}</td>
            <td data-number>{formatCount(total.completionTokens)}</td>
            <td data-number>{costWords(total.cost, total.unpriced)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={3}>
            Sum
          </th>
          <td data-number>{formatCount(sum((total) => total.requests))}</td>
          <td data-number>{formatCount(sum((total) => total.promptTokens))}</td>
          <td data-number>{formatCount(sum((total) => total.completionTokens))}</td>
          <td data-number>
            {costWords(
              sum((total) => total.cost),
              unpriced,
            )}
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

function Entries({ entries, count }: { entries: readonly LedgerEntry[]; count: number }) {
  return (
    <div className={styles.entries} tabIndex={0} role="region" aria-label="The newest requests">
      <table className={`${shapes.lined} ${styles.ledger}`}>
        <caption>{count > entries.length ? `The newest ${entries.length}` : 'One by one, the newest first'}</caption>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Host</th>
            <th scope="col">Model</th>
            <th scope="col">Purpose</th>
            <th scope="col" data-number>
              Tokens
            </th>
            <th scope="col" data-number>
              Cost
            </th>
            <th scope="col" data-number>
              Time
            </th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td>{timeWords(entry.at)}</td>
              <td>{entry.host}</td>
              <td className="mono">{entry.model === '' ? '–' : entry.model}</td>
              <td>{entry.purpose}</td>
              <td data-number>{tokenWords(entry)}</td>
              <td data-number>{entry.cost === null ? 'no price' : dollars(entry.cost)}</td>
              <td data-number>{entry.milliseconds === null ? '' : `${formatCount(entry.milliseconds)} ms`}</td>
              <td>{outcomeWords[entry.outcome] ?? entry.outcome}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const outcomeWords: Readonly<Record<string, string>> = {
  'llm-key': 'key refused',
  'llm-quota': 'no quota',
  'llm-model': 'refused',
  'llm-unreachable': 'no answer',
  'llm-reply': 'unusable answer',
}

function timeWords(at: number): string {
  return new Date(at).toLocaleString('sv-SE').slice(0, 19)
}

function tokenWords({ promptTokens, completionTokens }: LedgerEntry): string {
  if (promptTokens === null) return ''
  return `${formatCount(promptTokens)} + ${formatCount(completionTokens ?? 0)}`
}

function dollars(cost: number): string {
  return `$${cost.toFixed(cost !== 0 && cost < 1 ? 4 : 2)}`
}

function costWords(cost: number, unpriced: number): string {
  return unpriced === 0 ? dollars(cost) : `${dollars(cost)} and ${formatCount(unpriced)} without a price`
}
