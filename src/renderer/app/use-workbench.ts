import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Settings } from '../../contract/workbench/app.ts'
import type { Job } from '../../contract/workbench/jobs.ts'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { notifyFailure } from './notify.ts'

/** The open workspace: undefined while it is asked for, null when none is open. */
export function useWorkspace() {
  const { orpc } = useRpc()
  return useQuery(orpc.workspace.current.queryOptions())
}

/** What this door can do. */
export function useAppInfo() {
  const { orpc } = useRpc()
  return useQuery(orpc.app.info.queryOptions({ staleTime: Infinity })).data
}

export const defaultSettings: Settings = {
  threads: 0,
  provider: null,
  theme: 'system',
  zoomPercent: 100,
  shortcuts: true,
  coachDismissed: false,
  offline: false,
}

/** Settings and the way to change them. A change shows at once and goes back when it is refused. */
export function useSettings(): {
  settings: Settings
  known: boolean
  /** Those of this moment, for keys that come faster than the page is drawn. */
  current: () => Settings
  change: (part: Partial<Settings>) => Promise<void>
} {
  const { client, orpc } = useRpc()
  const queries = useQueryClient()
  const query = useQuery(orpc.app.settings.queryOptions())
  const key = orpc.app.settings.queryKey()
  const current = () => queries.getQueryData<Settings>(key) ?? defaultSettings
  const change = async (part: Partial<Settings>) => {
    const before = queries.getQueryData<Settings>(key)
    const wished = queries.setQueryData<Settings>(key, { ...(before ?? defaultSettings), ...part })
    // An answer that comes after the next change must not undo that one on the screen.
    const isNewest = () => queries.getQueryData(key) === wished
    try {
      const settled = await client.app.changeSettings(part)
      if (isNewest()) queries.setQueryData<Settings>(key, settled)
    } catch (error) {
      if (isNewest()) queries.setQueryData(key, before)
      notifyFailure(failureOf(error))
    }
  }
  return { settings: query.data ?? defaultSettings, known: query.data !== undefined, current, change }
}

/** Every job, newest first. */
export function useJobs() {
  const { orpc } = useRpc()
  return useQuery(orpc.jobs.list.queryOptions())
}

export function isActive(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running'
}
