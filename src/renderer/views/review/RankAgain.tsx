import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import type { RankingInfo } from '../../../contract/workbench/rankings.ts'
import { EmbeddingNote, useIsCounting } from '../../components/EmbeddingNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import styles from './review.module.css'

/** Ranks as before with one click; where a server embeds the concepts, what leaves and under which cap is shown first. */
export function RankAgain({ sends, onRank }: { sends: RankingInfo['sends']; onRank: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const isCounting = useIsCounting(isAsking ? (sends?.provider ?? null) : null, 'ranking')
  const close = () => setAsking(false)
  const go = () => {
    close()
    onRank()
  }
  return (
    <>
      <button type="button" className={styles.link} onClick={sends === null ? go : () => setAsking(true)}>
        Rank again
      </button>
      <Modal opened={isAsking && sends !== null} onClose={close} title="Rank again" size={520}>
        {sends === null ? null : (
          <div className={styles.form}>
            <EmbeddingNote provider={sends.provider} texts="ranking" also={null} />
            <p>{capWords(sends.budget)}</p>
            <div className={styles.actions}>
              <Button onClick={go} disabled={isCounting} data-autofocus>
                Embed and rank again
              </Button>
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
            </div>
          </div>
        )}
      </Modal>
    </>
  )
}

function capWords(budget: NonNullable<RankingInfo['sends']>['budget']): string {
  const caps = [
    ...(budget?.maxCost == null ? [] : [`$${budget.maxCost}`]),
    ...(budget?.maxTokens == null ? [] : [`${formatCount(budget.maxTokens)} tokens`]),
  ]
  if (caps.length === 0) return 'This ranking was made without a cap. To set one, rank again in Rank and prune.'
  return `It stops before it would take more than ${caps.join(' or ')}, as when it was made.`
}
