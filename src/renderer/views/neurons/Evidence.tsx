import { Button, SegmentedControl, Switch } from '@mantine/core'
import { startTransition, useEffect, useMemo, useState } from 'react'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import { TokenText } from '../../components/TokenText.tsx'
import type { TokenContext } from '../../components/TokenTextShade.ts'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import { useRemembered } from '../../app/remembered.ts'
import styles from './neurons.module.css'

type Band = NeuronPage['bands'][number]

/** Windows shown of a band before "show more". */
const firstWindows = 4

/** The windows behind a neuron, the strongest band first, as running text shaded by activation. */
export function Evidence({
  page,
  kept = 'evidence',
  isSimulatedAtFirst = false,
}: {
  page: NeuronPage
  /** Name under which its switches are remembered. */
  kept?: string
  isSimulatedAtFirst?: boolean
}) {
  const [context, setContext] = useRemembered<string>(`${kept}.context`, 'snippet')
  const [lineBreaks, setLineBreaks] = useRemembered(`${kept}.breaks`, false)
  const [isShared, setIsShared] = useRemembered(`${kept}.shared`, true)
  const [isSimulated, setIsSimulated] = useRemembered(`${kept}.simulated`, isSimulatedAtFirst)
  const bands = useMemo(() => withoutDoubles(page.bands), [page.bands])
  const shared = Math.max(0, ...bands.flatMap((band) => band.windows.map((window) => window.max)))
  const stages = useStages(bands.length, page.neuron)
  const isScoreable = bands.some((band) => band.windows.some((window) => window.simulated !== null))
  return (
    <>
      <div className={styles.evidenceBar}>
        <SegmentedControl
          aria-label="Text around the strongest token"
          data={[
            { value: 'near', label: '±5' },
            { value: 'snippet', label: '±16' },
            { value: 'full', label: 'Window' },
          ]}
          value={context}
          onChange={setContext}
        />
        <SegmentedControl
          aria-label="What the full shade stands for"
          data={[
            { value: 'shared', label: 'One scale' },
            { value: 'own', label: 'Each its own' },
          ]}
          value={isShared ? 'shared' : 'own'}
          onChange={(value) => setIsShared(value === 'shared')}
        />
        <Switch
          label="Line breaks"
          checked={lineBreaks}
          onChange={(event) => setLineBreaks(event.currentTarget.checked)}
        />
        <Switch
          label="Simulated"
          title={
            isScoreable
              ? 'What the concept predicts, under the real activations'
              : 'This concept predicts no activations'
          }
          disabled={!isScoreable}
          checked={isSimulated && isScoreable}
          onChange={(event) => setIsSimulated(event.currentTarget.checked)}
        />
      </div>
      {isShared ? (
        <p className={styles.scale}>
          <span className={styles.ramp} aria-hidden="true" /> 0 to {formatNumber(shared)}, logarithmic; below 0 unshaded
        </p>
      ) : null}
      {bands.slice(0, stages).map((band) => (
        <BandWindows
          key={`${page.neuron} ${band.name}`}
          band={band}
          context={context as TokenContext}
          lineBreaks={lineBreaks}
          shared={isShared ? shared : null}
          isSimulated={isSimulated}
        />
      ))}
    </>
  )
}

/**
 * How many of some parts of a whole are drawn: the first at once, each further one when nothing else is to be done, so that keys are
 * answered. Another whole begins anew.
 */
function useStages(count: number, whole: string): number {
  const [drawn, setDrawn] = useState({ whole, parts: 1 })
  const parts = drawn.whole === whole ? drawn.parts : 1
  useEffect(() => {
    if (parts >= count) return
    const more = () => startTransition(() => setDrawn({ whole, parts: parts + 1 }))
    const next = requestIdleCallback(more, { timeout: 500 })
    return () => cancelIdleCallback(next)
  }, [count, parts, whole])
  return parts
}

/** A window that tops the list appears again in its band; once is enough. */
function withoutDoubles(bands: readonly Band[]): readonly Band[] {
  const seen = new Set<string>()
  return bands.map((band) => ({
    ...band,
    windows: band.windows.filter((window) => {
      const key = `${window.row ?? ''}:${window.tokenStart}`
      if (seen.has(key)) return false
      seen.add(key)
      return true
    }),
  }))
}

interface BandWindowsProps {
  readonly band: Band
  readonly context: TokenContext
  readonly lineBreaks: boolean
  readonly shared: number | null
  readonly isSimulated: boolean
}

function BandWindows({ band, context, lineBreaks, shared, isSimulated }: BandWindowsProps) {
  const [count, setCount] = useState(firstWindows)
  const more = band.windows.length - count
  return (
    <section className={styles.band} aria-label={band.name}>
      <h4 className={styles.bandTitle}>
        {band.name}{' '}
        <span className={styles.soft}>
          {formatCount(band.count)} {band.count === 1 ? 'window' : 'windows'}
        </span>
      </h4>
      {band.windows.length === 0 && band.count > 0 ? (
        <p className={styles.soft}>Those that were kept stand above.</p>
      ) : null}
      {band.note === null ? null : <p className={styles.soft}>{band.note}</p>}
      {band.windows.slice(0, count).map((window) => (
        <TokenText
          key={`${window.row ?? ''}:${window.tokenStart}`}
          pieces={window.pieces}
          activations={window.activations}
          scale={shared ?? window.max}
          context={context}
          lineBreaks={lineBreaks}
          simulated={isSimulated ? window.simulated : null}
          place={placeOf(window)}
        />
      ))}
      {more > 0 ? (
        <Button variant="subtle" onClick={() => setCount(count + 8)}>
          Show {Math.min(8, more)} more of {formatCount(band.windows.length)}
        </Button>
      ) : null}
    </section>
  )
}

function placeOf(window: Band['windows'][number]): string {
  const place = `token ${formatCount(window.tokenStart)}`
  return window.row === null ? place : `row ${formatCount(window.row)}, ${place}`
}
