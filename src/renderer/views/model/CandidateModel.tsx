import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { ModelState } from '../../../contract/workbench/model.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { formatBytes, formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { FactsTable } from './FactsTable.tsx'
import { MemoryTable } from './MemoryTable.tsx'
import shapes from '../../components/shapes.module.css'
import styles from './model.module.css'

export interface CandidateModelProps {
  readonly grant: Grant
  /** The tokenizer that was chosen with it before. */
  readonly knownTokenizer: Grant | null
  readonly current: ModelState | null
  readonly onDone: () => void
  readonly onOther: () => unknown
}

/** A model that was chosen and is not in use yet: its facts, whether it fits, and what taking it would make out of date. */
export function CandidateModel({ grant, knownTokenizer, current, onDone, onOther }: CandidateModelProps) {
  const { client, orpc } = useRpc()
  const say = useSay()
  const pickFile = usePickFile()
  const [tokenizer, setTokenizer] = useState<Grant | null>(knownTokenizer)
  const source = { source: grant.id, tokenizer: tokenizer?.id ?? null }
  const looked = useQuery(orpc.model.inspect.queryOptions({ input: source, gcTime: 0 }))
  const action = useAction()
  const misfits = looked.data?.memory.purposes.filter(({ fits }) => !fits) ?? []

  async function use() {
    const went = await action.run(() => client.model.use(source))
    if (!went) return
    say(`${grant.name} is the model of this workspace. Import data next.`)
    onDone()
  }

  async function chooseTokenizer() {
    const chosen = await pickFile('model')
    if (chosen) setTokenizer(chosen)
  }

  const failure = looked.error ? failureOf(looked.error) : null
  return (
    <div className={styles.narrow}>
      <header className={styles.head}>
        <h1>
          <bdi>{grant.name}</bdi>
        </h1>
        <span className={styles.soft}>not in use yet</span>
      </header>
      {failure ? (
        <div className={styles.pad}>
          <FailureNote failure={failure} onRetry={() => looked.refetch()}>
            <Button variant="default" onClick={() => void onOther()}>
              Choose another model…
            </Button>
            {failure.kind === 'bad-tokenizer' || failure.kind === 'not-found' ? (
              <Button variant="default" onClick={() => void chooseTokenizer()}>
                Choose its tokenizer.json…
              </Button>
            ) : null}
            <Button variant="subtle" color="gray" onClick={onDone}>
              {current ? `Keep ${current.name}` : 'Not now'}
            </Button>
          </FailureNote>
        </div>
      ) : looked.data === undefined ? (
        <div className={styles.pad}>
          <ProgressLine label={`Reading the headers of ${grant.name}`} />
        </div>
      ) : (
        <>
          <div className={styles.decide}>
            <div className={shapes.buttons}>
              <Button onClick={() => void use()} loading={action.busy}>
                {misfits.length > 0 ? `Use ${grant.name} anyway` : `Use ${grant.name}`}
              </Button>
              <Button variant="default" onClick={() => void onOther()}>
                Choose another…
              </Button>
              <Button variant="subtle" color="gray" onClick={onDone}>
                {current ? `Keep ${current.name}` : 'Not now'}
              </Button>
            </div>
            {misfits.length > 0 ? (
              <FailureNote
                tone="warn"
                failure={{
                  message: `${misfits.map(({ purpose }) => purpose).join(', ')}: needs more memory than the ${formatBytes(
                    looked.data.memory.freeBytes,
                  )} that are free.`,
                  remedy: 'Close other programs, or use it anyway: the system may swap or end the engine.',
                }}
              />
            ) : null}
            {action.failure ? <FailureNote failure={action.failure} onRetry={use} /> : null}
            <Replaced current={current} />
          </div>
          <Section title="Memory">
            <MemoryTable memory={looked.data.memory} />
          </Section>
          <Section title="Facts">
            <FactsTable card={looked.data.card} path={looked.data.card.path} />
          </Section>
        </>
      )}
    </div>
  )
}

/** What becomes out of date when the model in use gives way. Nothing of it is deleted. */
function Replaced({ current }: { current: ModelState | null }) {
  const { orpc } = useRpc()
  const recordings = useQuery(orpc.recordings.list.queryOptions({ enabled: current !== null })).data ?? []
  const rankings = useQuery(orpc.rankings.list.queryOptions({ enabled: current !== null })).data ?? []
  if (current === null) return null
  const stale = [count(recordings.length, 'recording'), count(rankings.length, 'ranking')].filter(Boolean)
  return (
    <p>
      It takes the place of <bdi>{current.name}</bdi>.{' '}
      {stale.length === 0
        ? 'Nothing was recorded with that one yet.'
        : `${stale.join(' and ')} of that one become out of date. They stay in the workspace, and count again when you go back.`}
    </p>
  )
}

function count(number: number, word: string): string {
  return number === 0 ? '' : `${formatCount(number)} ${word}${number === 1 ? '' : 's'}`
}
