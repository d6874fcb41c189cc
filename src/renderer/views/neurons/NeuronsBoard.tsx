import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { WorkspaceState } from '../../../contract/workbench/workspace.ts'
import { Inspector } from '../../app/inspector.tsx'
import { useRemembered } from '../../app/remembered.ts'
import { navigate, useRoute } from '../../app/route.ts'
import { useSay } from '../../app/status.ts'
import { StripMap } from '../../components/StripMap.tsx'
import { formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { FilterBar } from './FilterBar.tsx'
import { NeuronPage } from './NeuronPage.tsx'
import { NeuronTable } from './NeuronTable.tsx'
import { SelectionBar } from './SelectionBar.tsx'
import { neuronIdOf, readJump, rowOf } from './neuron-columns.ts'
import type { NeuronColumns } from './neuron-columns.ts'
import { emptyFilter } from './table-order.ts'
import type { Sorting } from './table-order.ts'
import { useDroppedWish, useEditWish } from './use-edit-wish.ts'
import { useNeuronEdits } from './use-neuron-edits.ts'
import { useNeuronKeys } from './use-neuron-keys.ts'
import { useRankColumns } from './use-neuron-columns.ts'
import { useRowSelection } from './use-row-selection.ts'
import { useTableRows } from './use-table-rows.ts'
import styles from './neurons.module.css'

export interface NeuronsBoardProps {
  readonly columns: NeuronColumns
  readonly cut: WorkspaceState['cut']
}

const mapped = {
  importance: 'Importance',
  freq: 'Frequency',
  conceptScore: 'Score',
  meanAbs: 'Mean |a|',
  max: 'Max',
} as const
type Mapped = keyof typeof mapped

/** How long the keyboard must rest on a row before the inspector follows, in milliseconds. */
const followDelay = 120

/** The map, the table and the page of the neuron that is open. */
export function NeuronsBoard({ columns, cut }: NeuronsBoardProps) {
  const { orpc } = useRpc()
  const say = useSay()
  const route = useRoute()
  const opened = route.view === 'neurons' && route.arg !== null ? rowOf(columns.layout, route.arg) : -1
  const rankings = useQuery(orpc.rankings.list.queryOptions()).data ?? []
  const [chosen, setChosen] = useState<string | null>(null)
  const ranking = pick(rankings, chosen ?? cut?.ranking ?? null)
  const ranks = useRankColumns(ranking, columns.rows).data ?? null
  const k = cut !== null && cut.ranking === ranking ? cut.k : null

  const [filter, setFilter] = useState(emptyFilter)
  const [sorting, setSorting] = useState<Sorting>({ key: 'neuron', descending: false })
  const { rows, isWorking } = useTableRows(columns, ranks, k, filter, sorting)
  const [active, setActive] = useState<number | null>(opened >= 0 ? opened : null)
  const places = useMemo(() => {
    const all = new Int32Array(columns.rows).fill(-1)
    rows.forEach((row, place) => (all[row] = place))
    return all
  }, [rows, columns.rows])
  const place = active === null ? -1 : (places[active] ?? -1)

  const [seenOpened, setSeenOpened] = useState(opened)
  if (seenOpened !== opened) {
    setSeenOpened(opened)
    if (opened >= 0) setActive(opened)
  }
  const [mappedBy, setMappedBy] = useRemembered<string>('neurons.map', 'importance')
  const mapKey: Mapped = mappedBy in mapped && (mappedBy !== 'importance' || ranks) ? (mappedBy as Mapped) : 'freq'
  const mapColumn = mapKey === 'importance' ? ranks!.importance : columns[mapKey]

  const edits = useNeuronEdits()
  const wishes = useEditWish()
  const search = useRef<HTMLInputElement>(null)
  const jump = useRef<HTMLInputElement>(null)
  const board = useRef<HTMLDivElement>(null)
  const selection = useRowSelection(columns, rows)
  const focusTable = () => board.current?.querySelector<HTMLElement>('[role=grid]')?.focus()

  const open = (row: number, replace = false) => {
    setActive(row)
    navigate('neurons', neuronIdOf(columns.layout, row), { replace })
  }
  const step = (by: number) => {
    if (rows.length === 0) return
    const next = Math.min(rows.length - 1, Math.max(0, place < 0 ? 0 : place + by))
    open(rows[next]!, opened >= 0)
  }
  const jumpTo = (typed: string) => {
    const found = readJump(columns.layout, typed)
    if ('problem' in found) return found.problem
    open(found.row)
    return null
  }

  // Who goes to another neuron, or back to the table, no longer wants that editor.
  const wished = wishes.wish?.neuron ?? null
  const isElsewhere = wished !== null && active !== null && neuronIdOf(columns.layout, active) !== wished
  useDroppedWish(wishes, isElsewhere)

  // The page follows the keyboard, once it rests: holding an arrow key asks for no page on the way.
  useEffect(() => {
    if (opened < 0 || active === null || active === opened) return
    const timer = window.setTimeout(() => {
      navigate('neurons', neuronIdOf(columns.layout, active), { replace: true })
    }, followDelay)
    return () => window.clearTimeout(timer)
  }, [active, opened, columns.layout])

  const shown = rows.length
  const announced = useRef(-1)
  useEffect(() => {
    if (isWorking) return
    if (announced.current !== -1 && announced.current !== shown) {
      say(shown === columns.rows ? `All ${formatCount(shown)} neurons` : `${formatCount(shown)} neurons match`)
    }
    announced.current = shown
  }, [shown, isWorking, columns.rows, say])

  const chosenRows = selection.count > 0 ? selection.rows() : active === null ? [] : [active]
  useNeuronKeys({
    has: chosenRows.length > 0,
    neurons: () => chosenRows.map((row) => neuronIdOf(columns.layout, row)),
    edits,
    onNext: () => step(1),
    onPrevious: () => step(-1),
    onSearch: () => search.current?.focus(),
    onJump: () => {
      if (opened < 0 && rows.length > 0) open(active ?? rows[0]!)
      window.setTimeout(() => jump.current?.focus(), 60)
    },
    onEdit: () => {
      if (active === null) return
      open(active)
      wishes.ask(neuronIdOf(columns.layout, active))
    },
  })

  return (
    <div className={styles.board} ref={board}>
      <StripMap
        runs={columns.layout}
        column={mapColumn}
        name={mapped[mapKey].toLowerCase()}
        brush={filter.brush}
        onBrush={(brush) => setFilter({ ...filter, brush })}
        chooser={
          <Select
            className={styles.chooser}
            aria-label="What the map shows"
            data={Object.entries(mapped)
              .filter(([key]) => key !== 'importance' || ranks)
              .map(([value, label]) => ({ value, label: `Map: ${label.toLowerCase()}` }))}
            value={mapKey}
            onChange={(value) => (value === null ? undefined : setMappedBy(value))}
          />
        }
      />
      <FilterBar
        ref={search}
        columns={columns}
        filter={filter}
        onFilter={setFilter}
        shown={shown}
        rankings={rankings}
        ranking={ranking}
        onRanking={setChosen}
        k={k}
        onDone={focusTable}
      />
      <SelectionBar columns={columns} selection={selection} edits={edits} />
      <div className={styles.table} aria-busy={isWorking}>
        <NeuronTable
          columns={columns}
          ranks={ranks}
          k={k}
          rows={rows}
          sorting={sorting}
          onSorting={setSorting}
          active={place < 0 ? null : place}
          onActive={(at) => setActive(rows[at] ?? null)}
          onOpen={(at) => open(rows[at]!)}
          selection={selection}
          onKey={(event) => {
            if (event.key === 'Escape' && opened >= 0) navigate('neurons')
          }}
          empty={
            isWorking ? null : (
              <>
                No neuron matches.{' '}
                <Button variant="subtle" onClick={() => setFilter(emptyFilter)}>
                  Show all {formatCount(columns.rows)}
                </Button>
              </>
            )
          }
        />
      </div>
      {opened >= 0 ? (
        <Inspector title={neuronIdOf(columns.layout, opened)}>
          <NeuronPage
            neuron={neuronIdOf(columns.layout, opened)}
            ranks={ranks}
            k={k}
            edits={edits}
            wishes={wishes}
            moves={{
              onNext: () => step(1),
              onPrevious: () => step(-1),
              onRandom: () => (rows.length === 0 ? undefined : open(rows[Math.floor(Math.random() * rows.length)]!)),
              onJump: jumpTo,
              place: place < 0 ? 'not in the table' : `${formatCount(place + 1)} of ${formatCount(shown)}`,
              jumpRef: jump,
            }}
            onGo={(neuron) => navigate('neurons', neuron)}
            onLeaveEditor={focusTable}
          />
        </Inspector>
      ) : null}
      {opened < 0 && route.view === 'neurons' && route.arg !== null ? (
        <p className={styles.missing} role="status">
          The recording in use holds no neuron {route.arg}.
        </p>
      ) : null}
    </div>
  )
}

/** The ranking wished for, when it is still there; otherwise the first. */
function pick(rankings: readonly { readonly id: string }[], wished: string | null): string | null {
  return rankings.find(({ id }) => id === wished)?.id ?? rankings[0]?.id ?? null
}
