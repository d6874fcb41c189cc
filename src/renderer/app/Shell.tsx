import { Suspense, useEffect, useRef, useState } from 'react'
import { views } from '../views/registry.ts'
import { Banners } from './Banners.tsx'
import { CoachLine } from './CoachLine.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { DropTarget } from './DropTarget.tsx'
import { FrameCommands } from './FrameCommands.tsx'
import { InspectorColumn } from './InspectorColumn.tsx'
import { InspectorContext } from './inspector.tsx'
import { NewWorkspaceDialog } from './NewWorkspaceDialog.tsx'
import { Rail } from './Rail.tsx'
import { useRoute } from './route.ts'
import { ShortcutKeys } from './ShortcutKeys.tsx'
import { ShortcutSheet } from './ShortcutSheet.tsx'
import { StatusLine } from './StatusLine.tsx'
import { TopBar } from './TopBar.tsx'
import { useInspectorSlot } from './use-inspector-slot.ts'
import { ViewBoundary } from './ViewBoundary.tsx'
import { ViewSkeleton } from './ViewSkeleton.tsx'
import { useWorkspace } from './use-workbench.ts'
import { useWorkspaceRecovery } from './use-workspace-recovery.ts'
import styles from './Shell.module.css'

/** Windows over the frame, of which at most one is open. */
export type Overlay = 'palette' | 'shortcuts' | 'new-workspace' | null

/** The frame around the views: bar, rail, inspector, status line, and what can be called up from anywhere. */
export function Shell() {
  const route = useRoute()
  const workspace = useWorkspace()
  useWorkspaceRecovery()
  const [overlay, setOverlay] = useState<Overlay>(null)
  const slot = useInspectorSlot()
  const close = () => setOverlay(null)
  // Without a workspace only the start, the jobs and the settings have anything to show.
  const homeless = workspace.data === null && !['start', 'settings', 'jobs'].includes(route.view)
  const view = homeless ? 'start' : route.view
  const entry = views[view]
  const main = useFocusOnChange(view, entry.title, workspace.data?.name ?? null)
  return (
    <InspectorContext value={slot.column}>
      <div className={styles.shell}>
        <a
          className={styles.skip}
          href="#main"
          onClick={(event) => {
            event.preventDefault()
            main.current?.focus()
          }}
        >
          Skip to the view
        </a>
        <Rail view={view} />
        <TopBar onPalette={() => setOverlay('palette')} />
        <div className={styles.notes}>
          <Banners />
          <CoachLine view={view} />
        </div>
        <div className={styles.middle}>
          <main id="main" className={styles.main} ref={main} tabIndex={-1} aria-label={entry.title} data-view={view}>
            <ViewBoundary key={view} title={entry.title}>
              <Suspense fallback={<ViewSkeleton title={entry.title} />}>
                <entry.View />
              </Suspense>
            </ViewBoundary>
          </main>
          <InspectorColumn slot={slot} />
        </div>
        <StatusLine />
      </div>
      <FrameCommands onOverlay={setOverlay} />
      <ShortcutKeys />
      <DropTarget />
      <CommandPalette opened={overlay === 'palette'} onClose={close} />
      <ShortcutSheet opened={overlay === 'shortcuts'} onClose={close} />
      <NewWorkspaceDialog opened={overlay === 'new-workspace'} onClose={close} />
    </InspectorContext>
  )
}

/** Moves the focus into a view that was gone to, and names the window after it; not at the first one. */
function useFocusOnChange(view: string, title: string, workspace: string | null) {
  const main = useRef<HTMLElement>(null)
  const last = useRef(view)
  useEffect(() => {
    document.title = workspace === null ? `${title} - SNIP Workbench` : `${title} - ${workspace} - SNIP Workbench`
  }, [title, workspace])
  useEffect(() => {
    if (last.current === view) return
    last.current = view
    main.current?.focus({ preventScroll: true })
  }, [view])
  return main
}
