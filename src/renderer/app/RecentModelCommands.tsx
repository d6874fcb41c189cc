import { useCommand } from './commands.ts'
import { useRecentModels } from './use-recent-models.ts'

/** As many as a person tells apart in the palette. */
const most = 8

/** A command for each model that was opened before and is still there. */
export function RecentModelCommands() {
  const { entries, open } = useRecentModels()
  return entries
    .filter(({ exists }) => exists)
    .slice(0, most)
    .map((entry) => <OpenRecent key={entry.id} id={entry.id} name={entry.name} run={() => open(entry)} />)
}

function OpenRecent({ id, name, run }: { id: string; name: string; run: () => void }) {
  useCommand({ id: `file.open-${id}`, title: `Open recent model ${name}`, group: 'File', run })
  return null
}
