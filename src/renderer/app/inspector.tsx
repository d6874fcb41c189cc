import { createContext, use, useEffect, type ReactNode } from 'react'
import { createPortal } from 'react-dom'

/** The right column: where its contents go, and who fills it now. */
export interface InspectorColumn {
  readonly body: HTMLElement | null
  /** Says that a view fills the column; returns what takes it back. */
  readonly fill: (title: string) => () => void
}

export const InspectorContext = createContext<InspectorColumn>({ body: null, fill: () => () => {} })

/** Shows its children in the right column of the frame, under `title`, for as long as it is there. */
export function Inspector({ title, children }: { title: string; children: ReactNode }) {
  const { body, fill } = use(InspectorContext)
  useEffect(() => fill(title), [fill, title])
  return body ? createPortal(children, body) : null
}
