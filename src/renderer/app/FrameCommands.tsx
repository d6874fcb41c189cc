import { use } from 'react'
import { stepIds } from '../../contract/workbench/workspace.ts'
import { usePickFile } from '../components/FilePicker.tsx'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { views } from '../views/registry.ts'
import { CommandsContext, useCommand } from './commands.ts'
import { HandoverContext } from './handover.ts'
import { notifyFailure } from './notify.ts'
import { navigate } from './route.ts'
import { RecentModelCommands } from './RecentModelCommands.tsx'
import type { Overlay } from './Shell.tsx'
import { useSay } from './status.ts'
import { runInView } from './step-actions.ts'
import { useSettings, useWorkspace } from './use-workbench.ts'

/** The commands that are there in every view. */
export function FrameCommands({ onOverlay }: { onOverlay: (overlay: Overlay) => void }) {
  useCommand({
    id: 'palette',
    title: 'Search commands',
    shortcut: 'mod+k',
    run: () => onOverlay('palette'),
  })
  useCommand({ id: 'shortcuts', title: 'Show all shortcuts', shortcut: '?', run: () => onOverlay('shortcuts') })
  useFileCommands(onOverlay)
  useEditCommands()
  useLookCommands()
  return (
    <>
      {stepIds.map((id, index) => (
        <ViewCommand id={id} shortcut={`alt+${index + 1}`} key={id} />
      ))}
      <RecentModelCommands />
      <ViewCommand id="review" shortcut="alt+9" />
      <ViewCommand id="jobs" shortcut="alt+8" />
      <ViewCommand id="settings" shortcut="mod+," />
      <ViewCommand id="start" shortcut="alt+0" />
    </>
  )
}

function ViewCommand({ id, shortcut }: { id: keyof typeof views; shortcut: string }) {
  const { title } = views[id]
  const workspace = useWorkspace()
  const anywhere = id === 'jobs' || id === 'settings' || id === 'start'
  useCommand({
    id: `view.${id}`,
    title: `Go to ${title.toLowerCase()}`,
    group: 'Go to',
    shortcut,
    enabled: anywhere || workspace.data !== null,
    run: () => navigate(id),
  })
  return null
}

function useFileCommands(onOverlay: (overlay: Overlay) => void): void {
  const registry = use(CommandsContext)
  const handover = use(HandoverContext)
  const { client } = useRpc()
  const pickFile = usePickFile()
  const workspace = useWorkspace()
  const say = useSay()
  const open = workspace.data !== null && workspace.data !== undefined

  const pickFor = async (kind: 'model' | 'data') => {
    const grant = await pickFile(kind)
    if (!grant) return
    handover.give(kind, grant)
    navigate(kind)
  }
  const group = 'File'
  useCommand({
    id: 'file.open-workspace',
    title: 'Open a workspace',
    shortcut: 'mod+shift+o',
    group,
    run: async () => {
      const grant = await pickFile('workspace')
      if (!grant) return
      try {
        const state = await client.workspace.open({ folder: grant.id })
        say(`Opened the workspace ${state.name}.`)
        navigate('model')
      } catch (error) {
        notifyFailure(failureOf(error))
      }
    },
  })
  useCommand({ id: 'file.new-workspace', title: 'New workspace', group, run: () => onOverlay('new-workspace') })
  useCommand({
    id: 'file.close-workspace',
    title: 'Close the workspace',
    group,
    enabled: open,
    run: async () => {
      try {
        await client.workspace.close()
        say('Closed the workspace.')
        navigate('start')
      } catch (error) {
        notifyFailure(failureOf(error))
      }
    },
  })
  useCommand({
    id: 'file.open-model',
    title: 'Open a model',
    shortcut: 'mod+o',
    group,
    enabled: open,
    run: () => pickFor('model'),
  })
  useCommand({
    id: 'file.import-data',
    title: 'Import data',
    shortcut: 'mod+i',
    group,
    enabled: open,
    run: () => pickFor('data'),
  })
  useCommand({
    id: 'export.start',
    title: 'Export the pruned model',
    shortcut: 'mod+shift+e',
    group,
    enabled: open,
    run: () => runInView(registry, 'export', 'action.export'),
  })
  useCommand({
    id: 'rank.new',
    title: 'New ranking',
    group: 'Rank and prune',
    enabled: open,
    run: () => runInView(registry, 'prune', 'action.new-ranking'),
  })
  useCommand({
    id: 'diagnostics.copy',
    title: 'Copy diagnostics',
    group: 'General',
    run: async () => {
      try {
        const { text } = await client.app.diagnostics()
        await navigator.clipboard.writeText(text)
        say('Copied the diagnostics; paths and secrets are left out.')
      } catch (error) {
        notifyFailure(failureOf(error))
      }
    },
  })
}

function useEditCommands(): void {
  const registry = use(CommandsContext)
  const { client } = useRpc()
  const workspace = useWorkspace()
  const say = useSay()
  const { undo = null, redo = null } = workspace.data ?? {}
  // Not by whether there is something: what is shown may be a moment older than the last edit.
  const open = workspace.data !== null && workspace.data !== undefined

  const turn = async (way: 'undo' | 'redo') => {
    // A view may go to where the edit was.
    if (registry.run(`action.${way}`)) return
    try {
      const { did } = await client.workspace[way]()
      const word = way === 'undo' ? 'Undone' : 'Done again'
      say(did === null ? `There is nothing to ${way}.` : `${word}: ${lowerFirst(did).replace(/\.$/, '')}.`)
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  useCommand({
    id: 'edit.undo',
    title: undo === null ? 'Undo' : `Undo: ${lowerFirst(undo)}`,
    shortcut: 'mod+z',
    group: 'Edit',
    enabled: open,
    run: () => turn('undo'),
  })
  useCommand({
    id: 'edit.redo',
    title: redo === null ? 'Redo' : `Redo: ${lowerFirst(redo)}`,
    shortcut: 'mod+shift+z mod+y',
    group: 'Edit',
    enabled: open,
    run: () => turn('redo'),
  })
}

const zooms = [90, 100, 110, 125, 150, 175, 200]

function useLookCommands(): void {
  const { current, change } = useSettings()
  const say = useSay()
  const zoomTo = async (percent: number | undefined) => {
    if (percent === undefined || percent === current().zoomPercent) return
    await change({ zoomPercent: percent })
    say(`Zoom is ${percent} %.`)
  }
  const group = 'View'
  const larger = () => zooms.find((percent) => percent > current().zoomPercent)
  const smaller = () => zooms.findLast((percent) => percent < current().zoomPercent)
  useCommand({ id: 'zoom.in', title: 'Zoom in', shortcut: 'mod++ mod+=', group, run: () => zoomTo(larger()) })
  useCommand({ id: 'zoom.out', title: 'Zoom out', shortcut: 'mod+-', group, run: () => zoomTo(smaller()) })
  useCommand({ id: 'zoom.reset', title: 'Zoom to 100 %', shortcut: 'mod+0', group, run: () => zoomTo(100) })
  useCommand({ id: 'theme.light', title: 'Light theme', group, run: () => change({ theme: 'light' }) })
  useCommand({ id: 'theme.dark', title: 'Dark theme', group, run: () => change({ theme: 'dark' }) })
  useCommand({ id: 'theme.system', title: 'Theme as the system', group, run: () => change({ theme: 'system' }) })
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
