import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { NeuronPage as Page } from '../../../contract/workbench/neurons.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { Value } from '../../components/Value.tsx'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { ConceptEditor } from './ConceptEditor.tsx'
import { ConceptScore } from './ConceptScore.tsx'
import { Evidence } from './Evidence.tsx'
import { History } from './History.tsx'
import { PageCharts } from './PageCharts.tsx'
import { PageNav } from './PageNav.tsx'
import type { PageMoves } from './PageNav.tsx'
import { RelatedNeurons } from './RelatedNeurons.tsx'
import { TestText } from './TestText.tsx'
import { TokenLists } from './TokenLists.tsx'
import type { RankColumns } from './neuron-columns.ts'
import { useDroppedWish, type EditWishes } from './use-edit-wish.ts'
import type { NeuronEdits } from './use-neuron-edits.ts'
import styles from './neurons.module.css'

export interface NeuronPageProps {
  readonly neuron: string
  readonly ranks: RankColumns | null
  readonly k: number | null
  readonly edits: NeuronEdits
  readonly wishes: EditWishes
  readonly moves: PageMoves
  readonly onGo: (neuron: string) => void
  readonly onLeaveEditor: () => void
}

/** All that is known of one neuron, in the order in which people ask. */
export function NeuronPage(props: NeuronPageProps) {
  const { neuron, wishes, moves } = props
  const { orpc } = useRpc()
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...orpc.neurons.page.queryOptions({ input: { neuron } }),
    placeholderData: (held: Page | undefined) => held,
  })
  // No page, no editor: keys are commands again.
  useDroppedWish(wishes, error !== null)
  return (
    <div className={styles.page} data-old={isPlaceholderData || undefined} aria-busy={isPlaceholderData}>
      <header className={styles.pageHead}>
        <div className={styles.pageTitle}>
          <CopyButton text={neuron} label={`Copy the id ${neuron}`} />
        </div>
        <PageNav {...moves} />
      </header>
      {error ? (
        <div className={styles.pad}>
          <FailureNote failure={failureOf(error)} onRetry={() => refetch()} />
        </div>
      ) : data === undefined ? (
        <div className={styles.pad}>
          <ProgressLine label={`Reading ${neuron}`} />
        </div>
      ) : (
        <PageBody {...props} page={data} />
      )}
    </div>
  )
}

function PageBody({ page, ranks, k, edits, wishes, onGo, onLeaveEditor }: NeuronPageProps & { page: Page }) {
  const { statistics } = page
  const facts = useMemo(
    () =>
      [
        ['mean |a|', statistics.meanAbs],
        ['rms', statistics.rms],
        ['mean', statistics.mean],
        ['std (population)', statistics.stdPopulation],
        ['max', statistics.max],
      ] as const,
    [statistics],
  )
  return (
    <>
      <Section title="Concept" level={3}>
        <ConceptEditor page={page} edits={edits} wishes={wishes} onLeave={onLeaveEditor} />
        <ConceptScore page={page} />
      </Section>
      <Section
        title="Activity"
        level={3}
        note={
          <>
            above 0 at <Value value={statistics.freq} unit="percent" /> of {formatCount(page.tokens)} tokens
          </>
        }
      >
        <PageCharts page={page} ranks={ranks} k={k} />
        <dl className={styles.facts}>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Value value={value} />
              </dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title="Tokens it raises and lowers" level={3} fold="neuron.logits">
        <TokenLists page={page} />
      </Section>
      <Section title="Where it is active" level={3} fold="neuron.evidence">
        <Evidence key={page.neuron} page={page} />
      </Section>
      <Section title="Related neurons" level={3} fold="neuron.related">
        <RelatedNeurons page={page} onGo={onGo} />
      </Section>
      <Section title="Try a text of your own" level={3} fold="neuron.test">
        <TestText neuron={page.neuron} />
      </Section>
      <Section title="History" level={3} fold="neuron.history">
        <History neuron={page.neuron} />
      </Section>
    </>
  )
}
