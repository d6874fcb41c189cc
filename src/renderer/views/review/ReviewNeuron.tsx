import { memo } from 'react'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { NeuronSimulations, ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { Section } from '../../components/Section.tsx'
import { formatCount, formatPercent } from '../../components/numbers.ts'
import { Evidence } from '../neurons/Evidence.tsx'
import { History } from '../neurons/History.tsx'
import { RelatedNeurons } from '../neurons/RelatedNeurons.tsx'
import { TokenLists } from '../neurons/TokenLists.tsx'
import { OtherSentences } from './OtherSentences.tsx'
import { ReviewNotes } from './ReviewNotes.tsx'
import { SimulatedWindows } from './SimulatedWindows.tsx'
import styles from './review.module.css'

/** The evidence for a concept: where the neuron is active, and beside it what else is known. */
export const ReviewNeuron = memo(function ReviewNeuron({
  page,
  reviewed,
  simulated,
  reviewer,
  onGo,
  onNoted,
}: {
  page: NeuronPage
  reviewed: ReviewedNeuron | null
  simulated: NeuronSimulations | null
  reviewer: string
  onGo: (neuron: string) => void
  onNoted: (neuron: string) => void
}) {
  return (
    <div className={styles.columns}>
      <div className={styles.evidence}>
        {simulated?.simulations.map((simulation, at) => (
          // Stays from neuron to neuron, as the person chose it.
          <SimulatedWindows key={at} neuron={page.neuron} simulation={simulation} />
        ))}
        <Section
          level={3}
          title="Where it is active"
          note={`above 0 at ${formatPercent(page.statistics.freq)} of ${formatCount(page.tokens)} tokens`}
        >
          {simulated?.note == null ? null : (
            <p className={styles.why}>
              {simulated.note} {lexicalWords(page)}
            </p>
          )}
          <Evidence page={page} kept="review" isSimulatedAtFirst />
        </Section>
      </div>
      <div className={styles.beside}>
        <Section level={3} title="Tokens it raises and lowers" fold="review.logits">
          <TokenLists page={page} />
        </Section>
        <Section level={3} title="All sentences" fold="review.sentences">
          {reviewed === null ? null : <OtherSentences reviewed={reviewed} />}
        </Section>
        <Section level={3} title="Notes" fold="review.notes">
          {reviewed === null ? null : <ReviewNotes reviewed={reviewed} reviewer={reviewer} onNoted={onNoted} />}
        </Section>
        <Section level={3} title="Related neurons" fold="review.related">
          <RelatedNeurons page={page} onGo={onGo} />
        </Section>
        <Section level={3} title="History" fold="review.history">
          <History neuron={page.neuron} />
        </Section>
      </div>
    </div>
  )
})

function lexicalWords({ bands }: NeuronPage): string {
  return bands.some(({ windows }) => windows.some(({ simulated }) => simulated !== null))
    ? 'The simulated rows are what the lexical simulator reads in it.'
    : 'The lexical simulator cannot read it either.'
}
