import { NumberInput } from '@mantine/core'

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
export function BudgetFields({ value, onChange }: { value: BudgetDraft; onChange: (value: BudgetDraft) => void }) {
  return (
    <>
      <NumberInput
        label="Spend at most, US dollars"
        description="Empty sets no cap. Work stops before it would spend more."
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
