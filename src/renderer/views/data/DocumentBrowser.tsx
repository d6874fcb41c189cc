import { Button, NumberInput } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Dataset } from '../../../contract/workbench/datasets.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import styles from './data.module.css'

const pageSize = 20

/** Characters shown of a document until it is opened. */
const excerptCharacters = 280

/** The documents in use, a page at a time. */
export function DocumentBrowser({ dataset }: { dataset: Dataset }) {
  const { orpc } = useRpc()
  const [offset, setOffset] = useState(0)
  const { data, error, refetch, isPlaceholderData } = useQuery(
    orpc.datasets.documents.queryOptions({
      input: { id: dataset.id, offset, limit: pageSize },
      placeholderData: keepPreviousData,
    }),
  )
  if (error) return <FailureNote failure={failureOf(error)} onRetry={() => refetch()} />
  if (data === undefined) return <ProgressLine label="Reading the documents" />
  const last = Math.min(data.total, offset + pageSize)
  const lastPage = Math.floor(Math.max(0, data.total - 1) / pageSize) * pageSize
  return (
    <>
      <ol className={styles.documents} aria-busy={isPlaceholderData}>
        {data.documents.map((document, i) => (
          <Document key={document.row} place={offset + i + 1} row={document.row} text={document.text} />
        ))}
      </ol>
      {data.total > pageSize ? (
        <nav className={styles.pager} aria-label="Pages of documents">
          <Button variant="default" disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - pageSize))}>
            Earlier
          </Button>
          <Button variant="default" disabled={last >= data.total} onClick={() => setOffset(offset + pageSize)}>
            Later
          </Button>
          <span role="status">
            {formatCount(offset + 1)}–{formatCount(last)} of {formatCount(data.total)}
          </span>
          <NumberInput
            className={styles.goTo}
            aria-label="Go to document"
            placeholder="go to document"
            min={1}
            max={data.total}
            allowDecimal={false}
            hideControls
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              const wished = Number(event.currentTarget.value)
              if (wished >= 1) setOffset(Math.min(lastPage, Math.floor((wished - 1) / pageSize) * pageSize))
            }}
          />
        </nav>
      ) : null}
    </>
  )
}

function Document({ place, row, text }: { place: number; row: number; text: string }) {
  const [isOpen, setIsOpen] = useState(false)
  const isLong = text.length > excerptCharacters
  return (
    <li className={styles.document}>
      <span className={styles.documentRow} title={`row ${row} of the file, from 0`}>
        {formatCount(place)}
      </span>
      <div className={styles.documentText}>
        <p dir="auto" data-open={isOpen || undefined}>
          {isOpen || !isLong ? text : `${text.slice(0, excerptCharacters)}…`}
        </p>
        {isLong ? (
          <button type="button" className={styles.link} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {isOpen ? 'Show less' : `Show ${formatCount(text.length)} characters`}
          </button>
        ) : null}
      </div>
    </li>
  )
}
