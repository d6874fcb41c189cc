import { Checkbox } from '@mantine/core'
import type { Role } from '../../../contract/workbench/datasets.ts'
import { roles } from './roles.ts'
import styles from './data.module.css'

interface RoleBoxesProps {
  /** False where a heading says it already; the group keeps its name. */
  readonly isTitled?: boolean
  readonly held: readonly Role[]
  readonly onChange: (held: Role[]) => void
}

/** What a data set is for, with a line that says what that means. */
export function RoleBoxes({ isTitled = true, held, onChange }: RoleBoxesProps) {
  return (
    <fieldset className={styles.roles}>
      <legend className={isTitled ? undefined : 'visually-hidden'}>Use it as</legend>
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
