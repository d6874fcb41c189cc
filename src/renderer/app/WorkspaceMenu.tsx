import { Menu } from '@mantine/core'
import { Icon } from '../components/Icon.tsx'
import { KeyHint } from '../components/KeyHint.tsx'
import { useCommands } from './commands.ts'
import { useWorkspace } from './use-workbench.ts'
import styles from './Shell.module.css'

const entries = ['edit.undo', 'edit.redo', null, 'file.open-workspace', 'file.new-workspace', 'file.close-workspace']

/** The name of the open workspace, and what can be done with it. */
export function WorkspaceMenu() {
  const workspace = useWorkspace()
  const { list, run } = useCommands()
  const name = workspace.data?.name ?? 'SNIP Workbench'
  return (
    <Menu
      position="bottom-start"
      offset={2}
      width="max-content"
      returnFocus
      // Inside the bar it belongs to a landmark; the first entry takes the focus itself.
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <button type="button" className={styles.workspace} title={workspace.data?.path}>
          <span className={styles.workspaceName}>{name}</span>
          <Icon name="chevronDown" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map((id, index) => {
          if (id === null) return <Menu.Divider key={index} />
          const command = list.find((one) => one.id === id)
          if (!command) return null
          return (
            <Menu.Item
              key={id}
              disabled={command.enabled === false}
              rightSection={command.shortcut === undefined ? null : <KeyHint shortcut={command.shortcut} />}
              onClick={() => run(id)}
            >
              <span className={styles.menuItem}>{command.title}</span>
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
