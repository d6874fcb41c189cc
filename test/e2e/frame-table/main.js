// oxlint-disable import/no-unassigned-import -- a style sheet has nothing to assign
import { createElement, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import '../../../src/renderer/app/theme.css'
import { VirtualTable } from '../../../src/renderer/components/VirtualTable.tsx'

/** 350,000 rows over two arrays, as the neuron table has them: sorted by an index, drawn by number. */
const rows = 350_000
const values = new Float32Array(rows)
for (let row = 0; row < rows; row++) values[row] = ((row * 2_654_435_761) % 1_000_003) / 1_000_003
const inOrder = Uint32Array.from({ length: rows }, (_, row) => row)

function sorted(direction) {
  const sign = direction === 'ascending' ? 1 : -1
  return Uint32Array.from(inOrder).sort((a, b) => sign * (values[a] - values[b]))
}

function Page() {
  const [sort, setSort] = useState(null)
  const [active, setActive] = useState(null)
  const [opened, setOpened] = useState('')
  const [marked, setMarked] = useState(() => new Set())
  const order = useMemo(() => (sort ? sorted(sort.direction) : inOrder), [sort])
  const columns = useMemo(
    () => [
      { key: 'neuron', header: 'Neuron', width: 140, render: (row) => `mlp:3:${order[row]}` },
      {
        key: 'value',
        header: 'Importance',
        width: 120,
        align: 'right',
        sortable: true,
        render: (row) => values[order[row]].toFixed(5),
      },
      { key: 'concept', header: 'Concept', width: '1fr', render: (row) => `Words about the number ${order[row]}` },
      { key: 'rank', header: 'Rank', width: 100, align: 'right', render: (row) => row + 1 },
    ],
    [order],
  )
  return createElement(
    'div',
    { style: { height: 600, width: 900 } },
    createElement('h1', { id: 'opened' }, opened),
    createElement(VirtualTable, {
      label: 'Neurons',
      rowCount: rows,
      columns,
      sort,
      onSort: setSort,
      active,
      onActive: setActive,
      onOpen: (row) => setOpened(`Opened ${row}`),
      selection: {
        has: (row) => marked.has(row),
        change: (from, to) => {
          const next = new Set(marked)
          for (let row = Math.min(from, to); row <= Math.max(from, to); row++) next.add(row)
          setMarked(next)
        },
      },
    }),
  )
}

createRoot(document.getElementById('root')).render(createElement(Page))
