import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { KeptSimulation, SimulatedEvidenceWindow } from '../../../contract/workbench/review.ts'
import { useRemembered } from '../../app/remembered.ts'
import { Section } from '../../components/Section.tsx'
import { TokenText } from '../../components/TokenText.tsx'
import type { TokenContext } from '../../components/TokenTextShade.ts'
import { formatCount, formatNumber, formatSigned } from '../../components/numbers.ts'
import { SimulatedTable } from './SimulatedTable.tsx'
import styles from './review.module.css'

/** Windows of a group shown before "show more". */
const firstWindows = 2
/** The highest level that a simulator gives. */
const highestLevel = 10
/** Levels below it would be written as 0: a simulator's doubt is no prediction. */
const lowestShaded = 0.5

/** What a language model said a sentence predicts, window by window under the true activations. */
export function SimulatedWindows({ neuron, simulation }: { neuron: string; simulation: KeptSimulation }) {
  const [context, setContext] = useRemembered<string>('review.simulation.context', 'snippet')
  const [asTable, setAsTable] = useState(false)
  const { windows, correlation, unit } = simulation
  const strongest = Math.max(0, ...windows.map(({ max }) => max))
  const groups = [
    { name: 'Where it is strongest', windows: windows.filter(({ isTop }) => isTop) },
    { name: 'Drawn at random', windows: windows.filter(({ isTop }) => !isTop) },
  ].filter((group) => group.windows.length > 0)
  return (
    <Section level={3} title="Real beside simulated" fold="review.real-simulated">
      <p>
        Correlation {numberOrNone(correlation)} over {formatCount(windows.length)} windows
      </p>
      <p className={styles.soft}>
        {simulation.isConcept ? null : (
          <>
            Of the sentence “<bdi>{simulation.text}</bdi>”, not of the one above.{' '}
          </>
        )}
        Simulated by {simulation.author} on the windows that scored its sentence: {waysOf(simulation)}.{' '}
        {unit === 'level'
          ? `Levels from 0 to ${highestLevel}: ${highestLevel} has the full shade, below ${lowestShaded} none.`
          : 'Brought to the scale of the activations by the calibration.'}
      </p>
      <div className={styles.bar}>
        {asTable ? null : (
          <SegmentedControl
            aria-label="Text of the scored windows"
            data={[
              { value: 'snippet', label: '±16' },
              { value: 'full', label: 'Window' },
            ]}
            value={context}
            onChange={setContext}
          />
        )}
        <Button variant="subtle" aria-expanded={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as text' : 'Show as table'}
        </Button>
      </div>
      {asTable ? (
        <SimulatedTable windows={windows} />
      ) : (
        groups.map((group) => (
          <Group
            key={`${neuron} ${group.name}`}
            name={group.name}
            windows={group.windows}
            context={context === 'full' ? 'full' : 'snippet'}
            scale={strongest}
            simulatedScale={unit === 'level' ? highestLevel : strongest}
            simulatedFrom={unit === 'level' ? lowestShaded : 0}
          />
        ))
      )}
    </Section>
  )
}

interface GroupProps {
  readonly name: string
  readonly windows: readonly SimulatedEvidenceWindow[]
  readonly context: TokenContext
  readonly scale: number
  readonly simulatedScale: number
  readonly simulatedFrom: number
}

function Group({ name, windows, context, scale, simulatedScale, simulatedFrom }: GroupProps) {
  const [count, setCount] = useState(firstWindows)
  const more = windows.length - count
  return (
    <section className={styles.group} aria-label={name}>
      <h4>
        {name}{' '}
        <span className={styles.soft}>
          {formatCount(windows.length)} {windows.length === 1 ? 'window' : 'windows'}
        </span>
      </h4>
      {windows.slice(0, count).map((window) => (
        <div key={`${window.row ?? ''}:${window.tokenStart}`} className={styles.scored}>
          <p className={styles.correlation}>
            correlation {numberOrNone(window.correlation)} <span className={styles.soft}>· {placeOf(window)}</span>
          </p>
          <TokenText
            pieces={window.pieces}
            activations={window.activations}
            scale={scale}
            context={context}
            lineBreaks={false}
            simulated={window.simulated}
            simulatedScale={simulatedScale}
            simulatedFrom={simulatedFrom}
            place={placeOf(window)}
          />
        </div>
      ))}
      {more > 0 ? (
        <Button variant="subtle" onClick={() => setCount(windows.length)}>
          Show {formatCount(more)} more
        </Button>
      ) : null}
    </section>
  )
}

/** `simulation-logprobs, calibration linear`, without the estimator and the model; the score where it does not stand above. */
function waysOf({ scoreKind, score, isConcept }: KeptSimulation): string {
  const ways = scoreKind
    .split(', ')
    .slice(0, 2)
    .join(', ')
    .replace(/^pearson-/, '')
  if (isConcept) return ways
  return score === null ? `${ways}, not scoreable` : `${ways}, score ${formatNumber(score)}`
}

function numberOrNone(correlation: number | null): string {
  return correlation === null ? 'none (one side is the same at every token)' : formatSigned(correlation)
}

export function placeOf({ row, tokenStart }: Pick<SimulatedEvidenceWindow, 'row' | 'tokenStart'>): string {
  const place = `token ${formatCount(tokenStart)}`
  return row === null ? place : `row ${formatCount(row)}, ${place}`
}
