import { Button } from '@mantine/core'
import { useState } from 'react'
import { Icon } from '../components/Icon.tsx'
import { failureOf } from '../rpc/failure-of.ts'
import { useConnectionState, useRpc } from '../rpc/rpc-context.tsx'
import { useEngineEvents } from './engine-events.ts'
import { formatTime } from '../components/numbers.ts'
import { notifyFailure } from './notify.ts'
import { routeHash } from './route.ts'
import { isActive, useJobs } from './use-workbench.ts'
import styles from './Shell.module.css'

/** What concerns the whole window: the connection is gone, or the engine died. */
export function Banners() {
  return (
    <>
      <ConnectionBanner />
      <EngineBanner />
    </>
  )
}

function ConnectionBanner() {
  const { connection } = useRpc()
  const state = useConnectionState()
  if (state === 'connecting' || state === 'connected') return null
  if (state === 'refused') {
    return (
      <div className={styles.banner} role="alert">
        <Icon name="warning" />
        <p className={styles.bannerText}>
          <strong>The workbench does not know this page.</strong> Open the address that <code>snip serve</code> printed;
          every start of it makes a new one.
        </p>
      </div>
    )
  }
  return (
    <div className={styles.banner} role="alert">
      <Icon name="warning" />
      <p className={styles.bannerText}>
        <strong>The connection to the workbench is lost.</strong> It is tried again by itself, and what you see is from
        before. Jobs go on without this window. If <code>snip serve</code> was stopped, start it again.
      </p>
      <Button variant="default" onClick={() => connection.retryNow()}>
        Connect now
      </Button>
    </div>
  )
}

function EngineBanner() {
  const events = useEngineEvents()
  const { client } = useRpc()
  const jobs = useJobs()
  const [away, setAway] = useState(0)
  const [starting, setStarting] = useState(false)
  const newest = events[0]
  if (newest?.state !== 'died' || newest.at === away) return null
  const stopped = (jobs.data ?? []).filter((job) => job.resumable && !isActive(job)).length
  const restart = async () => {
    setStarting(true)
    try {
      await client.app.engine()
      setAway(newest.at)
    } catch (error) {
      notifyFailure(failureOf(error))
    } finally {
      setStarting(false)
    }
  }
  return (
    <div className={styles.banner} role="alert">
      <Icon name="bolt" />
      <p className={styles.bannerText}>
        <strong>The engine stopped at {formatTime(newest.at)}.</strong> {sentence(newest.message)} Nothing else is lost
        {stopped > 0
          ? `; ${stopped} ${stopped === 1 ? 'job resumes where it' : 'jobs resume where they'} stopped.`
          : '.'}
      </p>
      <Button loading={starting} variant="default" onClick={() => void restart()}>
        Start the engine again
      </Button>
      <Button component="a" href={routeHash('jobs')} variant="subtle">
        Show jobs
      </Button>
      <button type="button" className={styles.iconButton} aria-label="Dismiss" onClick={() => setAway(newest.at)}>
        <Icon name="close" size={12} />
      </button>
    </div>
  )
}

/** A text with its full stop. */
function sentence(text: string): string {
  return /[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
}
