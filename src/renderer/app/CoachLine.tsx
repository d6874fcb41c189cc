import { Button } from '@mantine/core'
import { Icon } from '../components/Icon.tsx'
import type { ViewId } from '../views/view-ids.ts'
import { useStepAction } from './step-actions.ts'
import { useSettings, useWorkspace } from './use-workbench.ts'
import styles from './Shell.module.css'

/** Names the next step and offers it, until it is put away for good. */
export function CoachLine({ view }: { view: ViewId }) {
  const workspace = useWorkspace()
  const { settings, known, change } = useSettings()
  const act = useStepAction()
  if (!known || settings.coachDismissed || !workspace.data || view === 'settings' || view === 'start') return null
  const { next, steps } = workspace.data
  // What is next cannot be done while the folder is gone.
  if (next === '' || workspace.error) return null
  const action = steps.find((step) => step.state !== 'done' && step.state !== 'running' && step.action)?.action ?? null
  return (
    <aside className={styles.coach} aria-label="Next step">
      <Icon name="arrowRight" size={14} />
      <span className={styles.coachText}>{next}</span>
      {action && (
        <Button variant="light" size="compact-sm" onClick={() => act(action)}>
          {action.label}
        </Button>
      )}
      <button
        type="button"
        className={styles.iconButton}
        aria-label="Put these hints away for good"
        title="Put these hints away for good; the settings bring them back"
        onClick={() => void change({ coachDismissed: true })}
      >
        <Icon name="close" size={12} />
      </button>
    </aside>
  )
}
