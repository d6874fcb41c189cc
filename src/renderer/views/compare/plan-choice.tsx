import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { formatCount } from '../../components/numbers.ts'
import { shortPercent } from '../../components/top-k-scale.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

const cutInUse = 'cut'

export interface ChosenPlan {
  /** Null while nothing can be chosen: no cut and no saved plan. */
  readonly plan: PlanChoice | null
  readonly title: string
  readonly planHash: string | null
  readonly k: number | null
  readonly key: string
  readonly options: readonly { value: string; label: string }[]
  readonly choose: (key: string) => void
  /** Why the plan cannot be described now. */
  readonly error: unknown
}

/** The plan that a view is about: the cut in use, or a saved plan. */
export function useChosenPlan(): ChosenPlan {
  const { orpc } = useRpc()
  const cut = useWorkspace().data?.cut ?? null
  const plans = useQuery(orpc.plans.list.queryOptions()).data ?? []
  const [wanted, choose] = useState(cutInUse)
  const options = [
    ...(cut ? [{ value: cutInUse, label: 'Cut in use' }] : []),
    ...plans.map((plan) => ({ value: plan.id, label: `Plan: ${plan.name}` })),
  ]
  const key = options.some((option) => option.value === wanted) ? wanted : (options[0]?.value ?? cutInUse)
  const plan: PlanChoice | null =
    options.length === 0
      ? null
      : key === cutInUse && cut
        ? { kind: 'cut', ranking: cut.ranking, k: cut.k }
        : { kind: 'saved', plan: key }
  const described = useQuery(
    orpc.compare.describe.queryOptions({
      input: { plan: plan ?? { kind: 'none' } },
      enabled: plan !== null,
      placeholderData: (held) => held,
    }),
  )
  const about = described.data
  return {
    plan,
    title: about ? titleWith(about.title, about.k, about.percent) : '',
    planHash: about?.planHash ?? null,
    k: about?.k ?? null,
    key,
    options,
    choose,
    error: described.error,
  }
}

/** The title with its size, unless it names it already. */
function titleWith(title: string, k: number, percent: number): string {
  return /k = /.test(title) ? title : `${title}, k = ${formatCount(k)} (${shortPercent(percent)} %)`
}

/** Chooses between the cut in use and saved plans, and says what the choice stands for. */
export function PlanSelect({ chosen }: { chosen: ChosenPlan }) {
  return (
    <>
      <Select
        aria-label="Plan"
        data={[...chosen.options]}
        value={chosen.plan === null ? null : chosen.key}
        onChange={(key) => {
          if (key !== null) chosen.choose(key)
        }}
        placeholder="No plan yet"
        w={200}
      />
      <span style={{ color: 'var(--ink-2)' }}>{chosen.title}</span>
    </>
  )
}
