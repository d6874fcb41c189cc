import { Button } from '@mantine/core'
import type { RankingInfo } from '../../../contract/workbench/rankings.ts'
import { formatCount } from '../../components/numbers.ts'
import shapes from '../../components/shapes.module.css'
import styles from './prune.module.css'

/** Every ranking: which one the slider follows, why one is out of date, and the click that makes it anew. */
export function RankingList({
  rankings,
  inUse,
  onUse,
  onAgain,
  onRemove,
}: {
  rankings: readonly RankingInfo[]
  inUse: string | null
  onUse: (ranking: RankingInfo) => void
  onAgain: (ranking: RankingInfo) => void
  onRemove: (ranking: RankingInfo) => void
}) {
  return (
    <table className={`${shapes.lined} ${styles.rankings}`}>
      <caption className="visually-hidden">Rankings</caption>
      <thead>
        <tr>
          <th scope="col">Ranking</th>
          <th scope="col" data-number>
            Ranked
          </th>
          <th scope="col">State</th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rankings.map((ranking) => (
          <tr key={ranking.id} aria-current={ranking.id === inUse || undefined}>
            <th scope="row">{ranking.name}</th>
            <td>
              {formatCount(ranking.ranked)} of {formatCount(ranking.neuronCount)}
            </td>
            <td data-wide>
              {ranking.stale !== null ? (
                <span className={styles.missing}>Out of date: {ranking.stale}</span>
              ) : ranking.warnings.length > 0 ? (
                <span title={ranking.warnings.join('\n')}>{ranking.warnings[0]}</span>
              ) : (
                'Up to date'
              )}
            </td>
            <td>
              <div style={{ display: 'flex', gap: 4, justifyContent: 'flex-end' }}>
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={ranking.id === inUse}
                  onClick={() => onUse(ranking)}
                  aria-label={`${ranking.id === inUse ? 'In use' : 'Use'}: ${ranking.name}`}
                >
                  {ranking.id === inUse ? 'In use' : 'Use'}
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => onAgain(ranking)}
                  aria-label={`Rank again: ${ranking.name}`}
                >
                  Rank again
                </Button>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="gray"
                  onClick={() => onRemove(ranking)}
                  aria-label={`Remove: ${ranking.name}`}
                >
                  Remove
                </Button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
