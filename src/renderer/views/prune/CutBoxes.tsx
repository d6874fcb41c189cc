import { NumberInput, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { formatNumber } from '../../components/numbers.ts'
import { kOfPercent, kOfThreshold, percentOfK, shortPercent, type SliderScale } from '../../components/top-k-scale.ts'
import type { PruningOrder } from './use-order.ts'
import shapes from '../../components/shapes.module.css'

/** The cut as exact numbers: how many, how much of the model, down to which score; and the scale of the slider. */
export function CutBoxes({
  k,
  order,
  scale,
  onScale,
  onCommit,
}: {
  k: number
  order: PruningOrder
  scale: SliderScale
  onScale: (scale: SliderScale) => void
  onCommit: (k: number) => void
}) {
  const max = order.rows.length
  const lastScore = k > order.pinnedAlways ? order.scores[k - 1] : undefined
  return (
    <>
      <ExactBox
        label="k"
        name="Number of neurons"
        shown={String(k)}
        width={84}
        onEnter={(value) => onCommit(clamp(value, max))}
      />
      <ExactBox
        label="%"
        name="Percent of all neurons"
        shown={shortPercent(percentOfK(k, order.neuronCount))}
        width={76}
        onEnter={(value) => onCommit(kOfPercent(value, order.neuronCount, max))}
      />
      <ExactBox
        label="score at least"
        name="Score of the last neuron that goes"
        shown={lastScore === undefined || Number.isNaN(lastScore) ? '' : formatNumber(lastScore).replace('\u2212', '-')}
        width={92}
        onEnter={(value) => onCommit(kOfThreshold(order.scores, order.pinnedAlways, value))}
      />
      <SegmentedControl
        aria-label="Scale of the slider"
        value={scale}
        onChange={(next) => onScale(next)}
        data={[
          { value: 'log', label: 'Log' },
          { value: 'linear', label: 'Linear' },
        ]}
      />
    </>
  )
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(0, Math.round(value)))
}

/** A number that is taken on Enter or when the box is left; until then what was typed stays as it is. */
function ExactBox({
  label,
  name,
  shown,
  width,
  onEnter,
}: {
  label: string
  name: string
  shown: string
  width: number
  onEnter: (value: number) => void
}) {
  const [typed, setTyped] = useState<string | null>(null)
  const [last, setLast] = useState(shown)
  if (shown !== last) {
    setLast(shown)
    setTyped(null)
  }
  const enter = () => {
    if (typed === null) return
    const value = Number(typed)
    setTyped(null)
    if (typed.trim() !== '' && Number.isFinite(value)) onEnter(value)
  }
  return (
    <label className={shapes.labelled}>
      <span aria-hidden="true">{label}</span>
      <NumberInput
        aria-label={name}
        value={typed ?? shown}
        onChange={(value) => setTyped(String(value))}
        onBlur={enter}
        onKeyDown={(event) => {
          if (event.key === 'Enter') enter()
          if (event.key === 'Escape') setTyped(null)
        }}
        hideControls
        w={width}
        styles={{ input: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' } }}
      />
    </label>
  )
}
