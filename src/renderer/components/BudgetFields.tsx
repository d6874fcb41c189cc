import { NumberInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ProviderView } from '../../contract/workbench/providers.ts'
import { useRpc } from '../rpc/rpc-context.tsx'

/** A cap as it stands in a form; null is none. */
export interface BudgetDraft {
  readonly maxCost: number | null
  readonly maxTokens: number | null
}

export const noBudget: BudgetDraft = { maxCost: null, maxTokens: null }

/** The draft as operations take it. */
export function budgetOf(draft: BudgetDraft): BudgetDraft | null {
  return draft.maxCost === null && draft.maxTokens === null ? null : draft
}

/** Hard caps in money and tokens: work stops before it would spend more. */
export function BudgetFields({
  value,
  provider,
  embeds = false,
  onChange,
}: {
  value: BudgetDraft
  /** Who is asked: a server of one's own counts as free, which a cap in money does not bind. */
  provider: ProviderView | null
  /** Whether it is asked for vectors and no texts. */
  embeds?: boolean
  onChange: (value: BudgetDraft) => void
}) {
  const free = useFreeHost(provider, embeds)
  const about = 'Empty sets no cap. Work stops before it would spend more.'
  return (
    <>
      <NumberInput
        label="Spend at most, US dollars"
        description={
          free === null
            ? about
            : `${about} ${free} is on this machine or in its network and counts as free: where it passes requests on to a paid service, cap the tokens, or enter the model’s price in the settings.`
        }
        min={0}
        decimalScale={4}
        value={value.maxCost ?? ''}
        onChange={(given) => onChange({ ...value, maxCost: typeof given === 'number' ? given : null })}
      />
      <NumberInput
        label="Use at most, tokens"
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={value.maxTokens ?? ''}
        onChange={(given) => onChange({ ...value, maxTokens: typeof given === 'number' && given > 0 ? given : null })}
      />
    </>
  )
}

/** The host of a server nearby for whose model nobody has entered a price; null for any other. */
function useFreeHost(provider: ProviderView | null, embeds: boolean): string | null {
  const { orpc } = useRpc()
  const isNear = provider?.kind === 'server' && provider.local
  const { data: prices } = useQuery(orpc.providers.prices.queryOptions({ enabled: isNear }))
  if (!isNear || !prices) return null
  const model = embeds ? provider.embeddingModel : provider.chatModel
  return prices.some((price) => price.origin === 'own' && price.model === model) ? null : provider.host
}
