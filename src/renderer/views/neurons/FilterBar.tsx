import { Button, Checkbox, Select, TextInput } from '@mantine/core'
import { forwardRef } from 'react'
import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import type { RankingInfo } from '../../../contract/workbench/rankings.ts'
import { Icon } from '../../components/Icon.tsx'
import { formatCount } from '../../components/numbers.ts'
import { neuronOf, runOf } from './neuron-columns.ts'
import type { NeuronColumns } from './neuron-columns.ts'
import { emptyFilter, isFiltering } from './table-order.ts'
import type { NeuronFilter } from './table-order.ts'
import styles from './neurons.module.css'

export interface FilterBarProps {
  readonly columns: NeuronColumns
  readonly filter: NeuronFilter
  readonly onFilter: (filter: NeuronFilter) => void
  readonly shown: number
  readonly rankings: readonly RankingInfo[]
  readonly ranking: string | null
  readonly onRanking: (id: string) => void
  /** Neurons that go at the cut in use, or null without one on this ranking. */
  readonly k: number | null
  /** Leaves the search box for the table. */
  readonly onDone: () => void
}

const any = 'any'

/** What the table shows, in one line; every wish can be taken back, one by one or all at once. */
export const FilterBar = forwardRef<HTMLInputElement, FilterBarProps>(function FilterBar(props, search) {
  const { columns, filter, onFilter, shown, rankings, ranking, k } = props
  const set = (change: Partial<NeuronFilter>) => onFilter({ ...filter, ...change })
  const sites = [...new Set(columns.layout.map((run) => run.site))]
  const layers = [...new Set(columns.layout.map((run) => run.layer))].sort((a, b) => a - b)
  return (
    <div className={styles.filters} role="search" aria-label="Filter the neurons">
      <TextInput
        ref={search}
        className={styles.search}
        aria-label="Search concepts"
        placeholder="Search concepts, or mlp:3:117"
        leftSection={<Icon name="search" size={14} />}
        value={filter.text}
        dir="auto"
        onChange={(event) => set({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && filter.text !== '') {
            event.stopPropagation()
            set({ text: '' })
          } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault()
            props.onDone()
          }
        }}
      />
      {sites.length > 1 ? (
        <Select
          w={104}
          aria-label="Site"
          data={[{ value: any, label: 'Any site' }, ...sites.map((site) => ({ value: site, label: site }))]}
          value={filter.site ?? any}
          onChange={(value) => set({ site: value === 'mlp' || value === 'attention' ? value : null })}
        />
      ) : null}
      <Select
        w={104}
        aria-label="Layer"
        data={[
          { value: any, label: 'Any layer' },
          ...layers.map((layer) => ({ value: String(layer), label: `Layer ${layer}` })),
        ]}
        value={filter.layer === null ? any : String(filter.layer)}
        onChange={(value) => set({ layer: value === any || value === null ? null : Number(value) })}
      />
      <Select
        w={116}
        aria-label="Status"
        data={[
          { value: any, label: 'Any status' },
          ...conceptStatuses.map((status, code) => ({
            value: String(code),
            label: status === 'none' ? 'No concept' : `${status[0]!.toUpperCase()}${status.slice(1)}`,
          })),
        ]}
        value={filter.status === null ? any : String(filter.status)}
        onChange={(value) => set({ status: value === any || value === null ? null : Number(value) })}
      />
      <Select
        w={124}
        aria-label="Pin"
        data={[
          { value: any, label: 'Pinned or not' },
          { value: '1', label: 'Always prune' },
          { value: '2', label: 'Never prune' },
          { value: '0', label: 'Not pinned' },
        ]}
        value={filter.pin === null ? any : String(filter.pin)}
        onChange={(value) => set({ pin: value === any || value === null ? null : Number(value) })}
      />
      {rankings.length > 0 ? (
        <Select
          w={190}
          aria-label="Ranking whose importance is shown"
          styles={{ input: { textOverflow: 'ellipsis' } }}
          title={rankings.find(({ id }) => id === ranking)?.name}
          data={rankings.map(({ id, name }) => ({ value: id, label: name }))}
          value={ranking}
          onChange={(value) => (value === null ? undefined : props.onRanking(value))}
        />
      ) : null}
      {k === null ? null : (
        <Checkbox
          label={`Goes at the cut (${formatCount(k)})`}
          checked={filter.cutOnly}
          onChange={(event) => set({ cutOnly: event.currentTarget.checked })}
        />
      )}
      {filter.brush === null ? null : (
        <button type="button" className={styles.chip} onClick={() => set({ brush: null })}>
          {brushName(columns, filter.brush)} <Icon name="close" size={10} />
          <span className="visually-hidden">Show the whole map again</span>
        </button>
      )}
      <span className={styles.count}>
        {shown === columns.rows
          ? `${formatCount(columns.rows)} neurons`
          : `${formatCount(shown)} of ${formatCount(columns.rows)}`}
      </span>
      {isFiltering(filter) ? (
        <Button variant="subtle" onClick={() => onFilter(emptyFilter)}>
          Show all
        </Button>
      ) : null}
    </div>
  )
})

function brushName(columns: NeuronColumns, brush: { from: number; to: number }): string {
  const { site, layer, index } = neuronOf(columns.layout, brush.from)
  const last = brush.to - 1 - runOf(columns.layout, brush.from).first
  return `${site} ${layer}: ${index}–${last}`
}
