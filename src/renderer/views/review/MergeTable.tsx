import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { MergePreview, Resolution, ReviewOpinion } from '../../../contract/workbench/review.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Value } from '../../components/Value.tsx'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import shapes from '../../components/shapes.module.css'
import styles from './review.module.css'

const resolutions: readonly { value: Resolution; label: string }[] = [
  { value: 'mine', label: 'Mine' },
  { value: 'theirs', label: 'Theirs' },
  { value: 'both', label: 'Mine, theirs as a note' },
]

/** Conflicts shown at once; the others go as all of them. */
const mostShown = 200

/** Another reviewer's file beside one's own: what is the same, what is new, and each conflict with a choice. */
export function MergeTable({
  name,
  preview,
  busy,
  onMerge,
}: {
  name: string
  preview: MergePreview
  busy: boolean
  onMerge: (resolutions: Record<string, Resolution>, others: Resolution) => void
}) {
  const [others, setOthers] = useState<Resolution>('mine')
  const [chosen, setChosen] = useState<Readonly<Record<string, Resolution>>>({})
  const { conflicts, agreement } = preview
  const of = (neuron: string) => chosen[neuron] ?? others
  const changing = preview.fresh + conflicts.filter(({ neuron }) => of(neuron) !== 'mine').length
  return (
    <section aria-label={`Review of ${preview.authors.join(', ')}`} className={styles.form}>
      <p>
        <strong>
          <bdi>{preview.authors.join(', ')}</bdi>
        </strong>{' '}
        <span className={styles.soft}>{name}</span>
      </p>
      {preview.ownName === null ? null : (
        <FailureNote
          tone="warn"
          failure={{
            message: `This file is signed “${preview.ownName}”, the name under which you review here.`,
            remedy:
              'If somebody else wrote it, ask them to export it under a name of their own: once merged, nothing tells what they said from what you said, and no agreement is counted.',
          }}
        />
      )}
      {preview.warning === null ? null : <FailureNote tone="warn" failure={{ message: preview.warning }} />}
      <dl className={styles.numbers}>
        <Count name="Same" value={preview.same} />
        <Count name="New" value={preview.fresh} />
        <Count name="Conflicts" value={conflicts.length} />
        {preview.otherSentences > 0 ? <Count name="Rejected other sentences" value={preview.otherSentences} /> : null}
        {preview.elsewhere > 0 ? <Count name="Not recorded here" value={preview.elsewhere} /> : null}
        {preview.rejectedCount > 0 ? <Count name="Unreadable lines" value={preview.rejectedCount} /> : null}
        <div>
          <dt>Agreement</dt>
          <dd>
            {agreement.share === null ? (
              'nothing judged by both'
            ) : (
              <>
                <Value {...agreement.share} unit="percent" /> of {formatCount(agreement.n)}
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Cohen’s κ</dt>
          <dd title={agreement.kappa === null ? undefined : String(agreement.kappa)}>
            {agreement.kappa === null ? 'not defined' : formatNumber(agreement.kappa)}
          </dd>
        </div>
      </dl>
      {preview.rejected[0] === undefined ? null : (
        <p className={styles.soft}>
          Line {preview.rejected[0].line}: {preview.rejected[0].reason}
        </p>
      )}
      {conflicts.length === 0 ? null : (
        <>
          <div className={styles.actions}>
            <span>All conflicts:</span>
            <SegmentedControl
              aria-label="All conflicts"
              data={[...resolutions]}
              value={others}
              onChange={(value) => {
                setOthers(value)
                setChosen({})
              }}
            />
          </div>
          <div className={styles.found}>
            <table className={shapes.lined}>
              <caption className="visually-hidden">Conflicts</caption>
              <thead>
                <tr>
                  <th scope="col">Neuron</th>
                  <th scope="col">Mine</th>
                  <th scope="col">Theirs</th>
                  <th scope="col">Keep</th>
                </tr>
              </thead>
              <tbody>
                {conflicts.slice(0, mostShown).map(({ neuron, mine, theirs }) => (
                  <tr key={neuron}>
                    <th scope="row">{neuron}</th>
                    <td>
                      <Opinion opinion={mine} />
                    </td>
                    <td>
                      <Opinion opinion={theirs} />
                    </td>
                    <td>
                      <select
                        className={styles.choice}
                        aria-label={`Keep for ${neuron}`}
                        value={of(neuron)}
                        onChange={(event) =>
                          setChosen({ ...chosen, [neuron]: event.currentTarget.value as Resolution })
                        }
                      >
                        {resolutions.map(({ value, label }) => (
                          <option key={value} value={value}>
                            {label}
                          </option>
                        ))}
                      </select>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {conflicts.length > mostShown ? (
            <p className={styles.soft}>{formatCount(conflicts.length - mostShown)} more go as all conflicts do.</p>
          ) : null}
        </>
      )}
      <div className={styles.actions}>
        <Button loading={busy} disabled={changing === 0} onClick={() => onMerge({ ...chosen }, others)}>
          Merge into {formatCount(changing)} {changing === 1 ? 'neuron' : 'neurons'}
        </Button>
      </div>
    </section>
  )
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatCount(value)}</dd>
    </div>
  )
}

function Opinion({ opinion }: { opinion: ReviewOpinion }) {
  const { verdict, edited, text, pin, note } = opinion
  return (
    <>
      <bdi>{text}</bdi>
      <br />
      <span className={styles.soft}>
        {[verdict ?? (edited ? 'rewritten' : 'no verdict'), pin === null ? null : `${pin} prune`, note]
          .filter((word) => word !== null)
          .join(' · ')}
      </span>
    </>
  )
}
