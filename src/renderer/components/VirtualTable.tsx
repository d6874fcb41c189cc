import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useId, useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { Icon } from './Icon.tsx'
import styles from './VirtualTable.module.css'

/**
 * A column; rows are drawn from their number alone, so that 350,000 of them need no objects. Rows are drawn again when the
 * list of columns is a new one: make it with useMemo over the data. Elements pass from row to row while scrolling, so cells
 * keep no state of their own.
 */
export interface TableColumn {
  readonly key: string
  readonly header: string
  /** Pixels, or a share of what is left: `1fr`, `minmax(120px, 2fr)`. */
  readonly width: number | string
  readonly align?: 'left' | 'right'
  readonly sortable?: boolean
  /** Said in the header's tooltip: unit, estimator. */
  readonly hint?: string
  readonly render: (row: number) => ReactNode
}

export interface TableSort {
  readonly column: string
  readonly direction: 'ascending' | 'descending'
}

/** Which rows are marked. The table draws it and reports wishes; the owner keeps it. */
export interface TableSelection {
  readonly has: (row: number) => boolean
  /** Space or Ctrl-click marks one, Shift all rows from the active one. */
  readonly change: (from: number, to: number, how: 'toggle' | 'range') => void
  /** Ctrl/Cmd+A. */
  readonly all?: () => void
}

export interface VirtualTableProps {
  /** Accessible name: "Neurons". */
  readonly label: string
  readonly rowCount: number
  readonly columns: readonly TableColumn[]
  /** Identity of a row, which stands in its `data-key`. */
  readonly rowKey?: (row: number) => string | number
  readonly sort?: TableSort | null
  readonly onSort?: (sort: TableSort) => void
  /** The row that the keyboard is on. Kept in view. */
  readonly active?: number | null
  readonly onActive?: (row: number) => void
  /** Enter or double click. */
  readonly onOpen?: (row: number) => void
  readonly selection?: TableSelection | undefined
  /** Dims a row (left out, rejected). */
  readonly dimmed?: (row: number) => boolean
  /** Shown when there are no rows. */
  readonly empty?: ReactNode
  /** Keys that the table does not know: single-letter actions on the active row. */
  readonly onKey?: (event: KeyboardEvent, row: number) => void
}

const rowHeight = 28

/**
 * A table of any length with rows of 28 px, of which only those in view exist. One tab stop: arrows, PageUp/Down, Home and
 * End move the active row, Enter opens it, Space marks it.
 */
export function VirtualTable(props: VirtualTableProps) {
  const { label, rowCount, columns, rowKey, sort = null, onSort, active = null, selection, dimmed, empty } = props
  const body = useRef<HTMLDivElement>(null)
  const id = useId()
  const virtualizer = useVirtualizer({
    count: rowCount,
    getScrollElement: () => body.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    paddingStart: rowHeight,
    scrollPaddingStart: rowHeight,
    useFlushSync: false,
  })
  const template = columns.map(({ width }) => (typeof width === 'number' ? `${width}px` : width)).join(' ')
  const onRow = active !== null && active >= 0 && active < rowCount ? active : null

  // Follows the active row only when it or the rows change, not while a person scrolls elsewhere.
  useEffect(() => {
    if (onRow !== null) virtualizer.scrollToIndex(onRow, { align: 'auto' })
  }, [onRow, virtualizer])

  const items = virtualizer.getVirtualItems()
  // Rows that leave the view lend their elements to those that come in: far cheaper than making new ones.
  const slots = 64 * Math.ceil((items.length + 1) / 64)
  const drawn = onRow !== null && items.some(({ index }) => index === onRow)

  const move = (to: number, event: KeyboardEvent) => {
    event.preventDefault()
    const row = Math.min(rowCount - 1, Math.max(0, to))
    if (rowCount === 0) return
    if (event.shiftKey && selection) selection.change(onRow ?? row, row, 'range')
    props.onActive?.(row)
  }
  const key = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor((body.current?.clientHeight ?? 0) / rowHeight) - 2)
    const command = event.ctrlKey || event.metaKey
    if (event.key === 'ArrowDown') move(onRow === null ? 0 : onRow + 1, event)
    else if (event.key === 'ArrowUp') move(onRow === null ? 0 : onRow - 1, event)
    else if (event.key === 'PageDown') move((onRow ?? 0) + page, event)
    else if (event.key === 'PageUp') move((onRow ?? 0) - page, event)
    else if (event.key === 'Home') move(0, event)
    else if (event.key === 'End') move(rowCount - 1, event)
    else if (command && event.key === 'a' && selection?.all) {
      event.preventDefault()
      selection.all()
    } else if (onRow === null || command || event.altKey) return
    else if (event.key === 'Enter') props.onOpen?.(onRow)
    else if (event.key === ' ' && selection) {
      event.preventDefault()
      selection.change(onRow, onRow, 'toggle')
    } else props.onKey?.(event, onRow)
  }
  const click = (event: MouseEvent) => {
    const row = rowOf(event)
    if (row === null) return
    if (selection && event.shiftKey) selection.change(onRow ?? row, row, 'range')
    else if (selection && (event.ctrlKey || event.metaKey)) selection.change(row, row, 'toggle')
    props.onActive?.(row)
  }
  return (
    <div
      ref={body}
      className={styles.table}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length}
      aria-multiselectable={selection ? true : undefined}
      aria-activedescendant={drawn ? `${id}-${onRow}` : undefined}
      onKeyDown={key}
      onClick={click}
      onDoubleClick={(event) => {
        const row = rowOf(event)
        if (row !== null) props.onOpen?.(row)
      }}
    >
      <div className={styles.header} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <HeaderCell column={column} sort={sort} onSort={onSort} key={column.key} />
        ))}
      </div>
      <div className={styles.rows} role="rowgroup" style={{ height: virtualizer.getTotalSize() - rowHeight }}>
        {items.map(({ index, start }) => (
          <TableRow
            key={index % slots}
            id={`${id}-${index}`}
            row={index}
            name={rowKey ? rowKey(index) : index}
            top={start - rowHeight}
            columns={columns}
            template={template}
            active={index === onRow}
            selected={selection ? selection.has(index) : null}
            dimmed={dimmed?.(index) === true}
          />
        ))}
      </div>
      {rowCount === 0 && empty !== undefined && <div className={styles.empty}>{empty}</div>}
    </div>
  )
}

function HeaderCell({
  column,
  sort,
  onSort,
}: {
  column: TableColumn
  sort: TableSort | null
  onSort: ((sort: TableSort) => void) | undefined
}) {
  const { key, header, hint, align = 'left' } = column
  const direction = sort?.column === key ? sort.direction : null
  if (column.sortable !== true || !onSort) {
    return (
      <div role="columnheader" className={styles.head} data-align={align} title={hint}>
        <span className={styles.headText}>{header}</span>
      </div>
    )
  }
  // Numbers are looked at from the largest down, so they start that way.
  const first = align === 'right' ? 'descending' : 'ascending'
  const next = direction === null ? first : direction === 'ascending' ? 'descending' : 'ascending'
  return (
    <div role="columnheader" className={styles.head} data-align={align} aria-sort={direction ?? 'none'} title={hint}>
      <button type="button" className={styles.sort} onClick={() => onSort({ column: key, direction: next })}>
        <span className={styles.headText}>{header}</span>
        {direction !== null && <Icon name={direction === 'ascending' ? 'chevronUp' : 'chevronDown'} size={10} />}
      </button>
    </div>
  )
}

interface RowProps {
  readonly id: string
  readonly row: number
  readonly name: string | number
  readonly top: number
  readonly columns: readonly TableColumn[]
  readonly template: string
  readonly active: boolean
  readonly selected: boolean | null
  readonly dimmed: boolean
}

const TableRow = memo(function TableRow({ id, row, name, top, columns, template, active, selected, dimmed }: RowProps) {
  return (
    <div
      id={id}
      className={styles.row}
      role="row"
      aria-rowindex={row + 2}
      aria-selected={selected ?? active}
      data-row={row}
      data-key={name}
      data-active={active || undefined}
      data-marked={selected === true || undefined}
      data-dimmed={dimmed || undefined}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      {columns.map(({ key, align = 'left', render }) => (
        <div role="gridcell" className={styles.cell} data-align={align} key={key}>
          {render(row)}
        </div>
      ))}
    </div>
  )
})

function rowOf(event: MouseEvent): number | null {
  const row = (event.target as Element).closest('[data-row]')?.getAttribute('data-row')
  return row === null || row === undefined ? null : Number(row)
}
