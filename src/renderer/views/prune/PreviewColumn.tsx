import type { Glance } from '../../../contract/workbench/rankings.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { styleOf, wordsOf } from '../../components/measure-words.ts'
import { formatCount } from '../../components/numbers.ts'
import { Value } from '../../components/Value.tsx'
import { WordDiff } from '../../components/WordDiff.tsx'
import type { Preview } from './use-preview.ts'
import shapes from '../../components/shapes.module.css'
import styles from './prune.module.css'

/** What the cut does, on a small sample: changes of the measures, and two texts before and after. */
export function PreviewColumn({ preview, k, onRetry }: { preview: Preview; k: number; onRetry: () => void }) {
  const old = preview.k !== k || preview.working
  const empty = preview.measures.length === 0 && preview.texts.length === 0
  return (
    <>
      <div className={styles.columnHead}>
        <h2>Preview</h2>
        <span className={styles.quiet} role="status">
          {preview.working ? `Measuring k = ${formatCount(k)}` : secondsText(preview)}
        </span>
      </div>
      {preview.failure && <FailureNote failure={preview.failure} onRetry={onRetry} />}
      {empty && preview.working && <Waiting />}
      {empty && !preview.working && !preview.failure && (
        <p className={styles.quiet}>Give data sets an evaluation role to see here what a cut does to them.</p>
      )}
      {preview.measures.length > 0 && (
        <table
          className={`${shapes.bare} ${styles.glances} ${old ? styles.old : ''}`}
          aria-busy={preview.working}
          data-preview-k={preview.k}
        >
          <caption className="visually-hidden">Changes of the measures on a small sample</caption>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Side</th>
              <th scope="col">Data and measure</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {preview.measures.map((glance) => (
              <GlanceRow key={`${glance.dataset} ${glance.side} ${glance.estimator}`} glance={glance} />
            ))}
          </tbody>
        </table>
      )}
      <div className={old ? styles.old : undefined} aria-busy={preview.working}>
        {preview.texts.map((text) => (
          <section key={text.prompt} className={styles.sample} aria-label={`Before and after: ${text.prompt}`}>
            <h3 dir="auto">{text.prompt}</h3>
            <div className={styles.sampleColumns}>
              <div className={styles.sampleHead}>Original</div>
              <div className={styles.sampleHead}>Unlearned</div>
              <WordDiff original={text.original} unlearned={text.unlearned} side="original" />
              <WordDiff original={text.original} unlearned={text.unlearned} side="unlearned" />
            </div>
          </section>
        ))}
      </div>
    </>
  )
}

function secondsText({ k, seconds }: Preview): string {
  return k === null || seconds === null ? '' : `k = ${formatCount(k)}, ${seconds.toFixed(2)} s`
}

function GlanceRow({ glance }: { glance: Glance }) {
  const { name, side, estimator, original, unlearned, delta, n, unit } = glance
  const style = styleOf(estimator)
  return (
    <tr>
      <td data-side={side}>{side === 'forget' ? 'Forget' : 'Retain'}</td>
      <td title={`${name}, ${wordsOf(estimator).name}, ${formatCount(n)} ${unit}s`}>
        {name}, {wordsOf(estimator).name.toLowerCase()}
      </td>
      <td data-number>
        <Value value={delta.value} low={delta.low} high={delta.high} {...styleOf(estimator, true)} tone={side} />
        <span className={styles.fromTo}>
          <Value value={original} {...style} /> → <Value value={unlearned} {...style} />
        </span>
      </td>
    </tr>
  )
}

/** Grey lines where the texts will stand. */
function Waiting() {
  return (
    <div aria-hidden="true" className={styles.waiting}>
      {[90, 70, 84, 60].map((width) => (
        <span key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}
