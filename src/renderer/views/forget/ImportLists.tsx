import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { ConceptSide, FoundForgetConcepts, TakeList } from '../../../contract/workbench/forget-concepts.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { FileFacts } from '../neurons/FileFacts.tsx'
import styles from '../neurons/neurons.module.css'
import { useAction } from '../neurons/use-action.ts'
import { authorOf, whereFrom } from './provenance.ts'

const sideNames: Readonly<Record<ConceptSide, string>> = { forget: 'to forget', protected: 'to protect' }

/** Takes in the concepts of a file, after showing what they would change. */
export function ImportLists({ side, onTaken }: { side: ConceptSide; onTaken: () => void }) {
  const { client } = useRpc()
  const pickFile = usePickFile()
  const action = useAction()
  const say = useSay()
  const [chosen, setChosen] = useState<{ file: Grant; found: FoundForgetConcepts } | null>(null)
  const [how, setHow] = useState<TakeList>('merge')

  const lookAt = (file: Grant) =>
    action.run(async () => {
      setChosen({ file, found: await client.forgetConcepts.lookAtFile({ file: file.id, side }) })
    })
  const choose = async () => {
    const file = await pickFile('data')
    if (file === null) return
    setChosen(null)
    await lookAt(file)
  }
  const take = () =>
    chosen &&
    action.run(async () => {
      const { hash } = chosen.found
      const found = await client.forgetConcepts.importFile({ file: chosen.file.id, side, hash, how })
      const count = how === 'merge' ? found.fresh + found.changed : found.forget + found.protected
      say(`Took ${counted(count)} from ${chosen.file.name}`)
      onTaken()
    })

  return (
    <div className={styles.exchange}>
      <p className={styles.hint}>
        A forget.jsonl, or a table with a column text; weight, enabled and side may stand beside it. What names no side
        is {sideNames[side]}. Nothing changes before you have seen what would.
      </p>
      <div className={styles.exchangeRow}>
        <Button variant="default" onClick={choose} loading={action.busy && chosen === null}>
          Choose a list of concepts…
        </Button>
        {chosen && <span className={styles.mono}>{chosen.file.name}</span>}
      </div>
      {action.failure && <FailureNote failure={action.failure} onRetry={chosen ? () => lookAt(chosen.file) : choose} />}
      {chosen && <Found found={chosen.found} how={how} onHow={setHow} busy={action.busy} onTake={take} />}
    </div>
  )
}

function Found({
  found,
  how,
  onHow,
  busy,
  onTake,
}: {
  found: FoundForgetConcepts
  how: TakeList
  onHow: (how: TakeList) => void
  busy: boolean
  onTake: () => void
}) {
  const { fresh, changed, same, others } = found
  const all = found.forget + found.protected
  const facts = (
    [
      ['to forget', found.forget],
      ['to protect', found.protected],
      ['new', fresh],
      ['with another weight or switch', changed],
      ['as they are here', same],
      ['only here', others],
      ['lines without a concept', found.rejectedCount],
    ] as const
  ).filter(([, count]) => count > 0)
  const isNothing = how === 'merge' ? fresh + changed === 0 : all === 0 || fresh + changed + others === 0
  return (
    <>
      <FileFacts format={found.format} facts={facts} rejected={found.rejected} />
      <SegmentedControl
        aria-label="How the file is taken in"
        size="xs"
        data={[
          { value: 'merge', label: 'Merge by equal sentence' },
          { value: 'replace', label: 'Replace the list' },
        ]}
        value={how}
        onChange={(value) => onHow(value === 'replace' ? 'replace' : 'merge')}
      />
      <p className={styles.hint} role="status">
        {isNothing ? 'The file holds nothing that is not here already.' : consequence(found, how)}
      </p>
      {found.sample.length > 0 && (
        <table className={styles.sampleTable}>
          <caption>
            {all > found.sample.length ? `${found.sample.length} of ${formatCount(all)}` : 'All of them'}
          </caption>
          <thead>
            <tr>
              <th scope="col">Here</th>
              <th scope="col">Concept</th>
              <th scope="col">Side</th>
              <th scope="col">Weight</th>
              <th scope="col">In use</th>
              <th scope="col">Source</th>
            </tr>
          </thead>
          <tbody>
            {found.sample.map((one) => (
              <tr key={`${one.side} ${one.text}`}>
                <td>{{ fresh: 'new', changed: 'changes', same: 'the same' }[one.becomes]}</td>
                <td dir="auto">{one.text.slice(0, 400)}</td>
                <td>{sideNames[one.side]}</td>
                <td>{turned(one.before && formatNumber(one.before.weight), formatNumber(one.weight))}</td>
                <td>{turned(one.before && onOff(one.before.enabled), onOff(one.enabled))}</td>
                <td title={whereFrom(one)}>{authorOf(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={styles.exchangeRow}>
        <Button onClick={onTake} loading={busy} disabled={isNothing}>
          {how === 'merge' ? `Take ${counted(fresh + changed)}` : `Replace by ${counted(all)}`}
        </Button>
      </div>
    </>
  )
}

/** What taking the file would do, in one sentence. */
function consequence({ forget, protected: kept, others, changed }: FoundForgetConcepts, how: TakeList): string {
  const undo = 'One undo takes all of it back.'
  if (how === 'merge') {
    const weights = changed === 0 ? '' : ' Equal sentences take the weight and the switch of the file.'
    return `What is only here stays.${weights} ${undo}`
  }
  const lists = [forget > 0 ? 'to forget' : '', kept > 0 ? 'to protect' : ''].filter(Boolean).join(' and ')
  const gone = others === 0 ? '' : `: ${counted(others)} of yours ${others === 1 ? 'goes' : 'go'}`
  return `The concepts ${lists} become those of the file${gone}. ${undo}`
}

function turned(before: string | null, now: string): string {
  return before === null || before === now ? now : `${before} → ${now}`
}

function onOff(enabled: boolean): string {
  return enabled ? 'on' : 'off'
}

function counted(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'concept' : 'concepts'}`
}
