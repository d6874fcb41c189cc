import { useQuery } from '@tanstack/react-query'
import { Icon } from '../components/Icon.tsx'
import { KeyHint } from '../components/KeyHint.tsx'
import { formatDuration, formatParameters } from '../components/numbers.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { routeHash } from './route.ts'
import { isActive, useJobs, useWorkspace } from './use-workbench.ts'
import { WorkspaceMenu } from './WorkspaceMenu.tsx'
import styles from './Shell.module.css'

/** Where we are: workspace, model and jobs, with the way to every command in the middle. */
export function TopBar({ onPalette }: { onPalette: () => void }) {
  return (
    <header className={styles.bar}>
      <div className={styles.barSide}>
        <WorkspaceMenu />
        <ModelChip />
      </div>
      <button type="button" className={styles.opener} onClick={onPalette}>
        <Icon name="search" size={14} />
        <span className={styles.openerText}>Search commands</span>
        <KeyHint shortcut="mod+k" />
      </button>
      <div className={styles.barSide} data-end>
        <JobsChip />
      </div>
    </header>
  )
}

function ModelChip() {
  const { orpc } = useRpc()
  const workspace = useWorkspace()
  const open = workspace.data !== null && workspace.data !== undefined
  const { data: model } = useQuery(orpc.model.current.queryOptions({ enabled: open }))
  if (!open || model === undefined) return null
  if (model === null) {
    return (
      <a className={styles.chip} href={routeHash('model')}>
        No model yet
      </a>
    )
  }
  const { card, problem, name } = model
  const words = card
    ? [card.familyName, formatParameters(card.parameters), card.weightTypes.join('/').toLowerCase(), card.provider.used]
    : [name]
  return (
    <a className={styles.chip} href={routeHash('model')} title={problem ?? `${name}: the model of this workspace`}>
      {problem !== null && <Icon name="warning" size={14} />}
      <span className="visually-hidden">Model: </span>
      <span className={styles.chipText}>{words.join(', ')}</span>
    </a>
  )
}

function JobsChip() {
  const jobs = useJobs()
  const active = (jobs.data ?? []).filter(isActive)
  if (active.length === 0) return null
  const known = active.map(({ secondsLeft }) => secondsLeft).filter((seconds) => seconds !== null)
  const left = known.length === 0 ? '' : `, ${formatDuration(known.reduce((sum, seconds) => sum + seconds, 0))}`
  const running = active.find(({ state, progress }) => state === 'running' && progress !== null)?.progress
  return (
    <a className={styles.chip} href={routeHash('jobs')} title={active.map(({ title }) => title).join('\n')}>
      <Icon name="jobs" size={14} />
      <span>
        <span className="visually-hidden">Jobs: </span>
        {active.length}
        {left}
      </span>
      {running && running.total > 0 && (
        <span className={styles.chipBar} aria-hidden="true">
          <span style={{ transform: `scaleX(${Math.min(1, running.done / running.total)})` }} />
        </span>
      )}
    </a>
  )
}
