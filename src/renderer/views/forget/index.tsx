import { Button, Modal, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import type { ConceptSide, ForgetConceptItem } from '../../../contract/workbench/forget-concepts.ts'
import { useCommand } from '../../app/commands.ts'
import { useSay } from '../../app/status.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { KeyHint } from '../../components/KeyHint.tsx'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { VirtualTable, type TableColumn } from '../../components/VirtualTable.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { AddConcept } from './AddConcept.tsx'
import { CellInput } from './CellInput.tsx'
import { ExtractForm } from './ExtractForm.tsx'
import { ExtractLlmForm } from './ExtractLlmForm.tsx'
import { ExchangeLists } from './ExchangeLists.tsx'
import { MergeForm } from './MergeForm.tsx'
import { authorOf, whereFrom } from './provenance.ts'
import { useMarks } from './use-marks.ts'
import styles from './forget.module.css'

const words: Readonly<Record<ConceptSide, { name: string; title: string; empty: string }>> = {
  forget: {
    name: 'forget concept',
    title: 'Forget concepts',
    empty:
      'They say in sentences what should be forgotten. Extract them from the forget set at the right, or write one above.',
  },
  protected: {
    name: 'protected concept',
    title: 'Protected concepts',
    empty:
      'They say in sentences what must stay: rankings with the preset "protected" put neurons like them further back, an extension of SNIP. Extract them from the retain set at the right, or write one above.',
  },
}

const none: readonly ForgetConceptItem[] = []

interface Editing {
  readonly id: string
  readonly field: 'text' | 'weight'
}

/** What shall be forgotten, and in a list of its own what must stay. */
export function View() {
  const [side, setSide] = useState<ConceptSide>('forget')
  return <ConceptList key={side} side={side} onSide={setSide} />
}

/** The concepts of a side: read from data, written, weighed, switched off, merged. All of it can be undone. */
function ConceptList({ side, onSide }: { side: ConceptSide; onSide: (side: ConceptSide) => void }) {
  const { client: all, orpc } = useRpc()
  const client = side === 'forget' ? all.forgetConcepts : all.protectedConcepts
  const { name, title, empty } = words[side]
  const queries = side === 'forget' ? orpc.forgetConcepts : orpc.protectedConcepts
  const query = useQuery(queries.list.queryOptions())
  const items = query.data ?? none
  const ids = useMemo(() => items.map((item) => item.id), [items])
  const marks = useMarks(ids)
  const action = useAction()
  const say = useSay()
  const [activeId, setActiveId] = useState<string | null>(null)
  const [editing, setEditing] = useState<Editing | null>(null)
  const [merging, setMerging] = useState(false)
  const [exchanging, setExchanging] = useState(false)
  const list = useRef<HTMLDivElement>(null)
  const active = activeId === null ? -1 : ids.indexOf(activeId)
  const chosen = marks.ids.length > 0 ? marks.ids : active >= 0 ? [ids[active] ?? ''] : []
  const markedItems = items.filter((item) => marks.ids.includes(item.id))

  const focusList = () => list.current?.querySelector<HTMLElement>('[role="grid"]')?.focus()
  const endEdit = () => {
    setEditing(null)
    window.setTimeout(focusList)
  }
  const change = (id: string, part: { text?: string; weight?: number; enabled?: boolean }) =>
    void action.run(() => client.change({ id, ...part }))
  const saveEdit = (item: ForgetConceptItem, field: Editing['field'], typed: string) => {
    endEdit()
    if (field === 'text') return change(item.id, { text: typed })
    const weight = Number(typed)
    if (Number.isFinite(weight) && weight >= 0) change(item.id, { weight })
    else say(`A weight is a number of at least 0; “${typed}” is not.`)
  }
  const toggle = (which: readonly string[]) => {
    const turnOn = items.some((item) => which.includes(item.id) && !item.enabled)
    void action.run(async () => {
      for (const id of which) await client.change({ id, enabled: turnOn })
    })
  }
  const remove = () => {
    if (chosen.length === 0) return
    const next = items.find((item, row) => row > active && !chosen.includes(item.id))
    void action.run(async () => {
      await client.remove({ ids: [...chosen] })
      marks.clear()
      setActiveId(next?.id ?? null)
    })
  }
  useCommand({
    id: 'forget.merge',
    title: `Merge the marked ${name}s`,
    group: 'Forget set',
    enabled: markedItems.length > 1,
    run: () => setMerging(true),
  })
  useCommand({
    id: 'forget.exchange',
    title: 'Import or export concepts to forget and to protect',
    group: 'Forget set',
    run: () => setExchanging(true),
  })
  useCommand({
    id: 'action.extract',
    title: 'Extract forget concepts',
    group: 'Forget set',
    run: () => document.querySelector<HTMLElement>('#extract-forget-concepts input')?.focus(),
  })

  const columns: TableColumn[] = [
    {
      key: 'on',
      header: 'In use',
      width: 72,
      render: (row) => {
        const item = items[row]
        if (!item) return null
        return (
          <button
            type="button"
            role="switch"
            className={styles.toggle}
            aria-checked={item.enabled}
            aria-label={`Use ${item.text}`}
            tabIndex={-1}
            onClick={(event) => {
              event.stopPropagation()
              change(item.id, { enabled: !item.enabled })
            }}
          >
            <span className={styles.knob} aria-hidden="true" />
            {item.enabled ? 'on' : 'off'}
          </button>
        )
      },
    },
    {
      key: 'text',
      header: 'Concept',
      width: 'minmax(160px, 1fr)',
      render: (row) => {
        const item = items[row]
        if (!item) return null
        if (editing?.id === item.id && editing.field === 'text') {
          return (
            <CellInput
              label="Text of the concept"
              initial={item.text}
              onSave={(text) => saveEdit(item, 'text', text)}
              onCancel={endEdit}
            />
          )
        }
        return (
          <span className={styles.text} dir="auto" title={item.text}>
            {item.text.slice(0, 400)}
          </span>
        )
      },
    },
    {
      key: 'weight',
      header: 'Weight',
      width: 80,
      align: 'right',
      hint: 'How much the concept counts; Enter after W saves',
      render: (row) => {
        const item = items[row]
        if (!item) return null
        if (editing?.id === item.id && editing.field === 'weight') {
          return (
            <CellInput
              label="Weight of the concept"
              initial={String(item.weight)}
              numeric
              onSave={(text) => saveEdit(item, 'weight', text)}
              onCancel={endEdit}
            />
          )
        }
        return (
          <span
            onDoubleClick={(event) => {
              event.stopPropagation()
              setEditing({ id: item.id, field: 'weight' })
            }}
          >
            {formatNumber(item.weight)}
          </span>
        )
      },
    },
    {
      key: 'source',
      header: 'Source',
      width: 120,
      render: (row) => {
        const item = items[row]
        return item ? <span title={whereFrom(item)}>{authorOf(item)}</span> : null
      },
    },
  ]
  const used = items.filter((item) => item.enabled && item.weight > 0).length
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        <h1>{title}</h1>
        <SegmentedControl
          aria-label="Which concepts"
          size="xs"
          data={[
            { value: 'forget', label: 'To forget' },
            { value: 'protected', label: 'To protect' },
          ]}
          value={side}
          onChange={(value) => onSide(value === 'protected' ? 'protected' : 'forget')}
        />
        <span className={styles.quiet} role="status">
          {marks.ids.length > 0
            ? `${formatCount(marks.ids.length)} marked`
            : `${formatCount(used)} of ${formatCount(items.length)} in use`}
        </span>
        <span className={styles.push} />
        <Button variant="default" disabled={markedItems.length < 2} onClick={() => setMerging(true)}>
          Merge marked
        </Button>
        <Button variant="default" disabled={chosen.length === 0} onClick={() => toggle(chosen)}>
          Switch on or off
        </Button>
        <Button variant="default" disabled={chosen.length === 0} onClick={remove}>
          {chosen.length > 1 ? `Remove ${formatCount(chosen.length)}` : 'Remove'}
        </Button>
        <Button variant="default" onClick={() => setExchanging(true)}>
          Import, export…
        </Button>
      </div>
      <div className={styles.list} ref={list}>
        <AddConcept side={side} />
        <div className={styles.notes}>
          {query.error && <FailureNote failure={failureOf(query.error)} onRetry={() => query.refetch()} />}
          {action.failure && <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />}
        </div>
        <VirtualTable
          label={title}
          rowCount={items.length}
          rowKey={(row) => ids[row] ?? row}
          columns={columns}
          active={active < 0 ? null : active}
          onActive={(row) => setActiveId(ids[row] ?? null)}
          onOpen={(row) => setEditing({ id: ids[row] ?? '', field: 'text' })}
          selection={marks}
          dimmed={(row) => items[row]?.enabled === false}
          onKey={(event, row) => {
            const id = ids[row] ?? ''
            const key = event.key.toLowerCase()
            if (key === 'delete' || key === 'backspace') remove()
            else if (key === 'o') toggle(chosen)
            else if (key === 'w') setEditing({ id, field: 'weight' })
            else if (key === 'm' && markedItems.length > 1) setMerging(true)
            else return
            event.preventDefault()
          }}
          empty={query.data && <EmptyState title={`No ${name}s yet`}>{empty}</EmptyState>}
        />
      </div>
      <div className={styles.side} id="extract-forget-concepts">
        <Section title="Extract from data">
          <ExtractForm side={side} />
        </Section>
        <Section title="Ask a language model">
          <ExtractLlmForm side={side} />
        </Section>
      </div>
      <div className={styles.keys} aria-label="Keys of the list">
        <span>
          <KeyHint shortcut="enter" /> edit
        </span>
        <span>
          <KeyHint shortcut="w" /> weight
        </span>
        <span>
          <KeyHint shortcut="o" /> on or off
        </span>
        <span>
          <KeyHint shortcut="space" /> mark
        </span>
        <span>
          <KeyHint shortcut="m" /> merge marked
        </span>
        <span>
          <KeyHint shortcut="delete" /> remove
        </span>
        <span>
          <KeyHint shortcut="mod+z" /> undo
        </span>
      </div>
      <Modal opened={exchanging} onClose={() => setExchanging(false)} title="Import and export" size="lg">
        <ExchangeLists side={side} onTaken={() => setExchanging(false)} />
      </Modal>
      <Modal opened={merging} onClose={() => setMerging(false)} title={`Merge ${name}s`} size={480}>
        {merging && (
          <MergeForm
            side={side}
            items={markedItems}
            onMerged={() => {
              setMerging(false)
              marks.clear()
            }}
          />
        )}
      </Modal>
    </div>
  )
}
