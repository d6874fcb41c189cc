import { useMemo } from 'react'
import type { KeyboardEvent } from 'react'
import { VirtualTable } from '../../components/VirtualTable.tsx'
import type { TableColumn, TableSelection, TableSort } from '../../components/VirtualTable.tsx'
import { formatCount, formatNumber, formatPercent } from '../../components/numbers.ts'
import { neuronIdOf, statusOf } from './neuron-columns.ts'
import type { NeuronColumns, RankColumns } from './neuron-columns.ts'
import type { SortKey, Sorting } from './table-order.ts'
import styles from './neurons.module.css'

export interface NeuronTableProps {
  readonly columns: NeuronColumns
  readonly ranks: RankColumns | null
  readonly k: number | null
  /** Rows of the neuron table, in the order shown. */
  readonly rows: Uint32Array
  readonly sorting: Sorting
  readonly onSorting: (sorting: Sorting) => void
  /** Place in `rows` that the keyboard is on. */
  readonly active: number | null
  readonly onActive: (place: number) => void
  readonly onOpen: (place: number) => void
  readonly selection: TableSelection
  readonly onKey: (event: KeyboardEvent, place: number) => void
  readonly empty: React.ReactNode
}

export const pinWords = ['', 'always', 'never'] as const

/** The neurons as rows, straight from the typed arrays. */
export function NeuronTable(props: NeuronTableProps) {
  const { columns, ranks, k, rows, sorting } = props
  const drawn = useMemo(() => columnsOf(columns, ranks, k, rows), [columns, ranks, k, rows])
  return (
    <VirtualTable
      label="Neurons"
      rowCount={rows.length}
      columns={drawn}
      rowKey={(place) => rows[place] ?? -1}
      sort={{ column: sorting.key, direction: sorting.descending ? 'descending' : 'ascending' }}
      onSort={(sort: TableSort) =>
        props.onSorting({ key: sort.column as SortKey, descending: sort.direction === 'descending' })
      }
      active={props.active}
      onActive={props.onActive}
      onOpen={props.onOpen}
      selection={props.selection}
      onKey={props.onKey}
      empty={props.empty}
    />
  )
}

/** Characters of the longest neuron id; what it does not need goes to the concepts. */
function longestId({ layout }: NeuronColumns): number {
  return Math.max(0, ...layout.map(({ first, width }) => neuronIdOf(layout, first + width - 1).length))
}

function columnsOf(
  columns: NeuronColumns,
  ranks: RankColumns | null,
  k: number | null,
  rows: Uint32Array,
): readonly TableColumn[] {
  const number = (value: number) =>
    Number.isNaN(value) ? <span className={styles.absent}>–</span> : formatNumber(value)
  return [
    {
      key: 'neuron',
      header: 'Neuron',
      width: Math.ceil(7.2 * Math.max(8, longestId(columns))) + 16,
      sortable: true,
      hint: 'site:layer:index, both from 0',
      render: (place) => <span className={styles.id}>{neuronIdOf(columns.layout, rows[place]!)}</span>,
    },
    {
      key: 'concept',
      header: 'Concept',
      width: 'minmax(160px, 1fr)',
      sortable: true,
      render: (place) => {
        const text = columns.concepts[rows[place]!] ?? ''
        return text === '' ? (
          <span className={styles.absent}>no concept</span>
        ) : (
          <bdi className={styles.concept} title={text.length > 400 ? `${text.slice(0, 400)}…` : text}>
            {text.length > 400 ? `${text.slice(0, 400)}…` : text}
          </bdi>
        )
      },
    },
    {
      key: 'conceptScore',
      header: 'Score',
      width: 54,
      align: 'right',
      sortable: true,
      hint: 'How well the concept predicts the activations, by its scorer; at most 1',
      render: (place) => number(columns.conceptScore[rows[place]!]!),
    },
    {
      key: 'freq',
      header: 'Frequency',
      width: 78,
      align: 'right',
      sortable: true,
      hint: 'Share of tokens at which the activation is above 0',
      render: (place) => formatPercent(columns.freq[rows[place]!]!),
    },
    {
      key: 'importance',
      header: 'Importance',
      width: 85,
      align: 'right',
      sortable: true,
      hint: 'Score under the ranking in use: the higher, the sooner it goes',
      render: (place) => number(ranks?.importance[rows[place]!] ?? Number.NaN),
    },
    {
      key: 'rank',
      header: 'Rank',
      width: 82,
      align: 'right',
      sortable: true,
      hint: 'Place in the ranking in use; "goes" marks what the cut removes',
      render: (place) => {
        const rank = ranks?.rank[rows[place]!] ?? 0
        if (rank === 0) return <span className={styles.absent}>–</span>
        if (k === null || rank > k) return formatCount(rank)
        return (
          <span className={styles.goes} data-last={rank === k || undefined}>
            goes <span>{formatCount(rank)}</span>
          </span>
        )
      },
    },
    {
      key: 'status',
      header: 'Status',
      width: 76,
      sortable: true,
      render: (place) => {
        const status = statusOf(columns, rows[place]!)
        return (
          <span className={styles.status} data-status={status}>
            {status === 'none' ? '' : status}
          </span>
        )
      },
    },
    {
      key: 'pin',
      header: 'Pin',
      width: 56,
      sortable: true,
      hint: 'P always prune, N never prune, U neither',
      render: (place) => {
        const pin = pinWords[columns.pin[rows[place]!] ?? 0]
        return (
          <span className={styles.pin} data-pin={pin}>
            {pin}
          </span>
        )
      },
    },
  ]
}
