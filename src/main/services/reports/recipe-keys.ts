import { SnipError } from '../../../contract/failure.ts'

/** Part of a recipe as it stands in YAML. */
export type Keys = Record<string, unknown>

export interface TaskKeys extends Keys {
  rankings: Record<string, Keys>
  grid: string[]
  measures: Record<string, Keys>
  plans?: Record<string, Keys>
  export?: Keys
}

/** A task, and what it calls the workspace's rankings: labels by ids. */
export interface LabelledTask {
  readonly task: TaskKeys
  readonly labels: Map<string, string>
}

export interface NamedTask extends LabelledTask {
  readonly name: string
}

/** A measure of a task on a data set. */
export function measureKeys(
  source: Keys,
  role: 'forget' | 'retain',
  metric: string,
  params: Readonly<Record<string, unknown>>,
  preset: string | null,
): Keys {
  const wanted = metric === 'lm' ? ['window', 'tokens'] : ['scorer', 'join']
  const entries = wanted.flatMap((name) => (params[name] == null ? [] : [[name, params[name]] as const]))
  const show = metric === 'lm' ? ['lossNats', 'top1'] : ['accuracy']
  const kept = entries.length === 0 ? {} : { params: Object.fromEntries(entries) }
  return { role, metric, ...source, ...(preset === null ? {} : { preset }), ...kept, show }
}

/** A name as recipes allow it, that nothing has yet. */
export function freeName(taken: Readonly<Record<string, unknown>>, text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const name = plain.replace(/^-+/, '').slice(0, 40).replace(/-+$/, '') || 'unnamed'
  let free = name
  for (let number = 2; Object.hasOwn(taken, free); number++) free = `${name}-${number}`
  return free
}

/** Why something cannot be made again. */
export function cannot(why: string): SnipError {
  return new SnipError('not-found', why)
}
