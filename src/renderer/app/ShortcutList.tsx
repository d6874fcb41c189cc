import { KeyHint } from '../components/KeyHint.tsx'
import { useCommands, type Command } from './commands.ts'
import styles from './Shell.module.css'

/** Commands by their group, in the order in which they came. */
export function commandGroups(list: readonly Command[]): [string, Command[]][] {
  const groups = new Map<string, Command[]>()
  for (const command of list) {
    const group = command.group ?? 'General'
    groups.set(group, [...(groups.get(group) ?? []), command])
  }
  return [...groups]
}

/** Every command that has a shortcut, by group. */
export function ShortcutList() {
  const { list } = useCommands()
  const groups = commandGroups(list.filter(({ shortcut }) => shortcut !== undefined))
  return (
    <div className={styles.sheet}>
      {groups.map(([group, commands]) => (
        <div className={styles.sheetGroup} key={group}>
          <h3>{group}</h3>
          <dl>
            {commands.map(({ id, title, shortcut }) => (
              <div className={styles.sheetRow} key={id}>
                <dt>{title}</dt>
                <dd>
                  <KeyHint shortcut={shortcut ?? ''} />
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </div>
  )
}
