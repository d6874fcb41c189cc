import { Checkbox } from '@mantine/core'
import type { Role } from '../../../contract/workbench/datasets.ts'
import { roles } from './roles.ts'
import styles from './data.module.css'

interface RoleBoxesProps {
  readonly held: readonly Role[]
  readonly onChange: (held: Role[]) => void
}

/** What a data set is for, with a line that says what that means. */
export function RoleBoxes({ held, onChange }: RoleBoxesProps) {
  return (
    <fieldset className={styles.roles}>
      <legend>Use it as</legend>
      {roles.map(({ role, name, what }) => (
        <Checkbox
          key={role}
          label={name}
          description={what}
          checked={held.includes(role)}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? [...held, role] : held.filter((each) => each !== role))
          }
        />
      ))}
    </fieldset>
  )
}
