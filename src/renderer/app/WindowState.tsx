import { useMantineColorScheme } from '@mantine/core'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import type { WorkbenchEvent } from '../../contract/workbench/events.ts'
import { useEvents } from '../rpc/rpc-context.tsx'
import { EngineEventsContext, type EngineEvent } from './engine-events.ts'
import { LastStatusContext, StatusContext } from './status.ts'
import { useRemembered } from './remembered.ts'
import { useSettings } from './use-workbench.ts'

/** Keeps what the whole window shares: the last status, what befell the engine, theme and zoom. */
export function WindowState({ children }: { children: ReactNode }) {
  const [status, setStatus] = useState('')
  const [engine, setEngine] = useState<readonly EngineEvent[]>([])
  const listen = useCallback((event: WorkbenchEvent) => {
    if (event.kind === 'status') setStatus(event.text)
    if (event.kind !== 'engine') return
    setEngine((events) => [{ at: Date.now(), state: event.state, message: event.message }, ...events].slice(0, 50))
    if (event.state === 'died') setStatus(event.message)
  }, [])
  useEvents(listen)
  useAppearance()
  return (
    <StatusContext value={setStatus}>
      <LastStatusContext value={status}>
        <EngineEventsContext value={engine}>{children}</EngineEventsContext>
      </LastStatusContext>
    </StatusContext>
  )
}

function useAppearance(): void {
  const { settings, known } = useSettings()
  const { setColorScheme } = useMantineColorScheme()
  // Kept here too, so that the next start has the right size before the settings arrive.
  const [zoom, setZoom] = useRemembered('zoom', 100)
  const { theme, zoomPercent } = settings
  useEffect(() => {
    if (!known) return
    setColorScheme(theme === 'system' ? 'auto' : theme)
    setZoom(zoomPercent)
  }, [known, theme, zoomPercent, setColorScheme, setZoom])
  useEffect(() => {
    const { style } = document.documentElement
    style.setProperty('--zoom', String(zoom / 100))
    return () => void style.removeProperty('--zoom')
  }, [zoom])
}
