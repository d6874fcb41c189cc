import type { Role } from '../../../contract/workbench/datasets.ts'

export interface RoleWords {
  readonly role: Role
  readonly name: string
  readonly what: string
}

/** What a data set can be used for, in a sentence each. */
export const roles: readonly RoleWords[] = [
  { role: 'probe', name: 'Probe', what: 'Neurons are recorded and named over these texts.' },
  { role: 'forget', name: 'Forget', what: 'What the model should unlearn; forget concepts come from it.' },
  { role: 'retain', name: 'Retain', what: 'What it should keep; the contrast to the forget set.' },
  { role: 'evaluate-forget', name: 'Evaluate as forget', what: 'Measured; it should get worse here.' },
  { role: 'evaluate-retain', name: 'Evaluate as retain', what: 'Measured; it should stay as good here.' },
]

export function roleNames(held: readonly Role[]): string {
  return roles
    .filter(({ role }) => held.includes(role))
    .map(({ name }) => name)
    .join(', ')
}
