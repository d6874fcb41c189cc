import { lazy, type ComponentType, type LazyExoticComponent } from 'react'
import type { ViewId } from './view-ids.ts'

/** A view of the workbench. `View` is loaded when it is first shown. */
export interface ViewEntry {
  readonly id: ViewId
  /** Name on the rail, in the palette and as the title of the window. */
  readonly title: string
  readonly View: LazyExoticComponent<ComponentType>
  /** Fetches the code ahead of the first visit. */
  readonly load: () => Promise<unknown>
}

function entry(id: ViewId, title: string, load: () => Promise<{ View: ComponentType }>): ViewEntry {
  return { id, title, load, View: lazy(async () => ({ default: (await load()).View })) }
}

/** One line for each view: a new view is a folder and a line here. */
export const views: Readonly<Record<ViewId, ViewEntry>> = {
  start: entry('start', 'Start', () => import('./start/index.tsx')),
  model: entry('model', 'Model', () => import('./model/index.tsx')),
  data: entry('data', 'Data', () => import('./data/index.tsx')),
  neurons: entry('neurons', 'Neurons', () => import('./neurons/index.tsx')),
  review: entry('review', 'Review', () => import('./review/index.tsx')),
  forget: entry('forget', 'Forget set', () => import('./forget/index.tsx')),
  prune: entry('prune', 'Rank and prune', () => import('./prune/index.tsx')),
  compare: entry('compare', 'Compare', () => import('./compare/index.tsx')),
  export: entry('export', 'Export', () => import('./export/index.tsx')),
  jobs: entry('jobs', 'Jobs', () => import('./jobs/index.tsx')),
  settings: entry('settings', 'Settings', () => import('./settings/index.tsx')),
}
