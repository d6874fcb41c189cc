const paths = {
  check: 'M3.5 8.5l3 3 6-7',
  close: 'M4 4l8 8M12 4l-8 8',
  chevronRight: 'M6 3.5L10.5 8 6 12.5',
  chevronDown: 'M3.5 6L8 10.5 12.5 6',
  chevronUp: 'M3.5 10L8 5.5l4.5 4.5',
  arrowRight: 'M3 8h10M9 4l4 4-4 4',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  search: 'M7 2.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9zM10.5 10.5l3.5 3.5',
  file: 'M4 1.5h5.5l3 3v10H4zM9.5 1.5v3h3',
  folder: 'M1.5 12.5v-9h4.5l1.5 2h7v7z',
  warning: 'M8 2l6.5 11.5h-13zM8 6.5V10M8 11.6v.6',
  refresh: 'M13 8a5 5 0 11-1.5-3.5M13 2v3h-3',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
  jobs: 'M2.5 3.5h11M2.5 8h7M2.5 12.5h9',
  panel: 'M2 3h12v10H2zM10 3v10',
  stop: 'M4 4h8v8H4z',
  undo: 'M3 6.5h6.5a3.5 3.5 0 010 7H6M6 3.5l-3 3 3 3',
  plus: 'M8 3v10M3 8h10',
  bolt: 'M9 1.5L3.5 9H8l-1 5.5L12.5 7H8z',
  empty: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11z',
  dot: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 6.2a1.8 1.8 0 110 3.6 1.8 1.8 0 010-3.6z',
  done: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM5.4 8.2l1.9 1.9 3.4-4',
  running: 'M8 2.5a5.5 5.5 0 11-5.5 5.5',
  info: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 7.5V11M8 5v.6',
} as const

/** Names of the drawings. */
export type IconName = keyof typeof paths

/** A small line drawing, hidden from screen readers: the words beside it carry the meaning. */
export function Icon({ name, size = 16, dashed = false }: { name: IconName; size?: number; dashed?: boolean }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false" style={{ flex: 'none' }}>
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.4}
        strokeLinecap="round"
        strokeLinejoin="round"
        {...(dashed ? { strokeDasharray: '2 2.3' } : {})}
      />
    </svg>
  )
}
