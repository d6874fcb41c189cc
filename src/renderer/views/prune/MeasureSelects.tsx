import { Select } from '@mantine/core'
import type { CurveChoice } from '../../components/curve-data.ts'
import { lowerFirst, wordsOf } from '../../components/measure-words.ts'
import shapes from '../../components/shapes.module.css'

/** Which measure of each side is drawn. */
export function MeasureSelects({
  choices,
  forget,
  retain,
  onChange,
}: {
  choices: readonly CurveChoice[]
  forget: CurveChoice | null
  retain: CurveChoice | null
  /** The key of the side that was chosen anew. */
  onChange: (change: { forget: string | null } | { retain: string | null }) => void
}) {
  return (
    <>
      <MeasureSelect side="forget" choices={choices} value={forget} onChange={(key) => onChange({ forget: key })} />
      <MeasureSelect side="retain" choices={choices} value={retain} onChange={(key) => onChange({ retain: key })} />
    </>
  )
}

function MeasureSelect({
  side,
  choices,
  value,
  onChange,
}: {
  side: 'forget' | 'retain'
  choices: readonly CurveChoice[]
  value: CurveChoice | null
  onChange: (key: string | null) => void
}) {
  const own = choices.filter((choice) => choice.side === side)
  return (
    <label className={shapes.labelled}>
      {side === 'forget' ? 'Forget' : 'Retain'}
      <Select
        aria-label={`Measure of the ${side} side`}
        data={own.map((choice) => ({
          value: choice.key,
          label: `${choice.name}, ${lowerFirst(wordsOf(choice.estimator).name)}`,
        }))}
        value={value?.key ?? null}
        onChange={onChange}
        placeholder="not measured"
        w={210}
      />
    </label>
  )
}
