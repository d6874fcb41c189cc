import { use } from 'react'
import type { Step } from '../../contract/workbench/workspace.ts'
import { CommandsContext, type CommandRegistry } from './commands.ts'
import { navigate } from './route.ts'
import type { ViewId } from '../views/view-ids.ts'

/** Steps that have a command of the frame; the others are carried out by the command `action.<name>` of their view. */
const known: Readonly<Record<string, string>> = {
  'open-model': 'file.open-model',
  'import-data': 'file.import-data',
  export: 'export.start',
}

/** View in which an action is at home. */
const homes: Readonly<Record<NonNullable<Step['action']>['command'], ViewId>> = {
  'open-model': 'model',
  'import-data': 'data',
  record: 'neurons',
  explain: 'neurons',
  extract: 'forget',
  rank: 'prune',
  measure: 'compare',
  export: 'export',
}

/** How long a view may take to come up and offer its command. */
const patience = 4000

/** Goes to a view, and carries out one of its own commands as soon as the view offers it. */
export function runInView(registry: CommandRegistry, view: ViewId, id: string): void {
  navigate(view)
  if (registry.run(id)) return
  const stop = registry.subscribe(() => {
    if (registry.run(id)) end()
  })
  const timer = window.setTimeout(() => end(), patience)
  const end = () => {
    stop()
    window.clearTimeout(timer)
  }
}

/**
 * Carries out the one click that a step offers. A view takes part by `useCommand({ id: 'action.rank', ... })`, with the name
 * of the action; the frame goes to the view first.
 */
export function useStepAction(): (action: NonNullable<Step['action']>) => void {
  const registry = use(CommandsContext)
  return ({ command }) => {
    const id = known[command]
    if (id !== undefined) registry.run(id)
    else runInView(registry, homes[command], `action.${command}`)
  }
}
