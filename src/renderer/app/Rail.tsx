import { Button, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { stepIds, type Step } from '../../contract/workbench/workspace.ts'
import { Icon, type IconName } from '../components/Icon.tsx'
import { views } from '../views/registry.ts'
import type { ViewId } from '../views/view-ids.ts'
import { useCommands } from './commands.ts'
import { KeyHint } from '../components/KeyHint.tsx'
import { routeHash } from './route.ts'
import { useStepAction } from './step-actions.ts'
import { isActive, useJobs, useWorkspace } from './use-workbench.ts'
import styles from './Rail.module.css'

const states: Readonly<Record<Step['state'], { icon: IconName; word: string }>> = {
  empty: { icon: 'empty', word: 'Empty' },
  ready: { icon: 'dot', word: 'Ready' },
  stale: { icon: 'warning', word: 'Stale' },
  running: { icon: 'running', word: 'Running' },
  done: { icon: 'done', word: 'Done' },
}

/** The order of the job, each step with its state; Jobs and Settings at the foot. */
export function Rail({ view }: { view: ViewId }) {
  const workspace = useWorkspace()
  const jobs = useJobs()
  const steps = workspace.data?.steps ?? []
  const active = (jobs.data ?? []).filter(isActive).length
  return (
    <nav className={styles.rail} aria-label="Steps">
      <ol className={styles.steps}>
        {stepIds.map((id, index) => (
          <li key={id}>
            <StepLink
              id={id}
              number={index + 1}
              current={view === id || (id === 'neurons' && view === 'review')}
              step={steps.find((step) => step.id === id) ?? null}
              off={workspace.data === null}
            />
          </li>
        ))}
      </ol>
      <ul className={styles.foot}>
        <li>
          <FootLink id="jobs" icon="jobs" current={view === 'jobs'}>
            {active > 0 && <span className={styles.count}>{active} active</span>}
          </FootLink>
        </li>
        <li>
          <FootLink id="settings" icon="settings" current={view === 'settings'} />
        </li>
      </ul>
    </nav>
  )
}

interface StepLinkProps {
  readonly id: (typeof stepIds)[number]
  readonly number: number
  readonly current: boolean
  readonly step: Step | null
  /** No workspace is open. */
  readonly off: boolean
}

function StepLink({ id, number, current, step, off }: StepLinkProps) {
  const act = useStepAction()
  const { title } = views[id]
  const look = step ? states[step.state] : null
  const reason = off ? 'Open a workspace first.' : (step?.reason ?? '')
  return (
    <>
      <Tooltip
        label={<StepTooltip title={title} reason={reason} command={`view.${id}`} />}
        position="right"
        events={{ hover: true, focus: true, touch: false }}
      >
        <a
          className={styles.step}
          href={routeHash(id)}
          aria-current={current ? 'page' : undefined}
          aria-describedby={`step-${id}`}
          aria-disabled={off || undefined}
          data-state={step?.state}
          onPointerEnter={() => void views[id].load()}
          onClick={(event) => {
            if (off) event.preventDefault()
          }}
        >
          <span className={styles.number} aria-hidden="true">
            {number}
          </span>
          <span className={styles.title}>{title}</span>
          {look && (
            <span className={styles.state}>
              <Icon name={look.icon} size={14} dashed={step?.state === 'empty'} />
              <span className={styles.word}>{look.word}</span>
            </span>
          )}
        </a>
      </Tooltip>
      <span className="visually-hidden" id={`step-${id}`}>
        {reason}
      </span>
      {step?.state === 'stale' && step.action && (
        <Button
          className={styles.action ?? ''}
          variant="default"
          size="compact-xs"
          title={step.reason}
          onClick={() => step.action && act(step.action)}
        >
          {step.action.label}
        </Button>
      )}
    </>
  )
}

function StepTooltip({ title, reason, command }: { title: string; reason: string; command: string }) {
  const shortcut = useCommands().list.find(({ id }) => id === command)?.shortcut
  return (
    <span className={styles.tooltip}>
      <span>{reason === '' ? title : reason}</span>
      {shortcut !== undefined && <KeyHint shortcut={shortcut} />}
    </span>
  )
}

function FootLink({
  id,
  icon,
  current,
  children,
}: {
  id: 'jobs' | 'settings'
  icon: IconName
  current: boolean
  children?: ReactNode
}) {
  return (
    <a
      className={`${styles.step} ${styles.footLink}`}
      href={routeHash(id)}
      aria-current={current ? 'page' : undefined}
      title={views[id].title}
    >
      <Icon name={icon} size={14} />
      <span className={styles.title}>{views[id].title}</span>
      {children}
    </a>
  )
}
