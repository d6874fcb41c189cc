import { Button } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { FoundConcepts } from '../../../contract/workbench/exchange.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Value } from '../../components/Value.tsx'
import { formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { FileFacts } from './FileFacts.tsx'
import { useAction } from './use-action.ts'
import { useReading } from './use-reading.ts'
import styles from './neurons.module.css'

/** Takes in the concepts of a file, after showing what it holds. A person's concepts stay above them. */
export function ImportConcepts() {
  const { client } = useRpc()
  const pickFile = usePickFile()
  const action = useAction()
  const reading = useReading()
  const chooser = useRef<HTMLButtonElement>(null)
  const goesBack = useRef(false)
  const say = useSay()
  const [chosen, setChosen] = useState<{ file: Grant; found: FoundConcepts } | null>(null)

  const look = async () => {
    const file = await pickFile('data')
    if (file === null) return
    setChosen(null)
    await action.run(async () => {
      const found = await reading.read((signal) => client.exchange.look({ file: file.id }, { signal }))
      setChosen({ file, found })
    })
  }
  const take = () =>
    chosen &&
    action.run(async () => {
      const { concepts } = await reading.read((signal) =>
        client.exchange.importConcepts({ file: chosen.file.id }, { signal }),
      )
      say(`Imported ${formatCount(concepts)} ${concepts === 1 ? 'concept' : 'concepts'} from ${chosen.file.name}`)
      setChosen(null)
      goesBack.current = true
    })

  const cancel = () => {
    reading.cancel()
    say(chosen === null ? 'Cancelled: the file was not read' : 'Cancelled: no concept was added')
    goesBack.current = true
  }
  // The button that was pressed is gone.
  useEffect(() => {
    if (action.busy || !goesBack.current) return
    goesBack.current = false
    chooser.current?.focus()
  }, [action.busy])

  return (
    <div className={styles.exchange}>
      <p className={styles.hint}>
        OpenAI’s published explanations, Neuronpedia exports, tables with the columns layer, neuron and explanation, or
        a concepts.jsonl. What you wrote or reviewed stays as it is; the others stand beside it.
      </p>
      <div className={styles.exchangeRow}>
        <Button ref={chooser} variant="default" onClick={look} disabled={action.busy}>
          Choose a file of concepts…
        </Button>
        {chosen && <span className={styles.mono}>{chosen.file.name}</span>}
      </div>
      {reading.isLong && (
        <div className={styles.reading}>
          <ProgressLine label={reading.progress?.stage ?? 'Reading concepts'} {...reading.progress} />
          <Button variant="default" onClick={cancel}>
            Cancel
          </Button>
        </div>
      )}
      {action.failure && <FailureNote failure={action.failure} onRetry={chosen ? take : look} />}
      {chosen && <Found found={chosen.found} busy={action.busy} onTake={take} />}
    </div>
  )
}

function Found({ found, busy, onTake }: { found: FoundConcepts; busy: boolean; onTake: () => void }) {
  const isOneEach = found.neurons === found.concepts
  const facts = (
    [
      ['concepts of recorded neurons', found.concepts],
      ['neurons that they are of', isOneEach ? 0 : found.neurons],
      ...(found.authors.length < 2 ? [] : found.authors.map((one) => [`by ${one.author}`, one.concepts] as const)),
      ['further authors', found.otherAuthors],
      ['further ones of one author and neuron, left out', found.repeated],
      ['of neurons that are not recorded, left out', found.elsewhere],
      ['beside a concept of yours', found.besidePersons],
      ['with what reviewers said of them', found.reviewed],
      ['lines without a concept', found.rejectedCount],
    ] as const
  ).filter(([, count], at) => at === 0 || count > 0)
  return (
    <>
      <FileFacts format={found.format} facts={facts} rejected={found.rejected} />
      {found.sample.length > 0 && (
        <table className={styles.sampleTable}>
          <caption>The first of them</caption>
          <thead>
            <tr>
              <th scope="col">Neuron</th>
              <th scope="col">Concept</th>
              <th scope="col">Score</th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {found.sample.map(({ neuron, text, score, author, isInUse }, i) => (
              <tr key={`${neuron} ${author} ${String(i)}`}>
                <td className={styles.mono}>{neuron}</td>
                <td dir="auto">{text}</td>
                <td>{score === null ? '–' : <Value value={score} />}</td>
                <td>
                  {author}
                  {isOneEach || !isInUse ? null : <span className={styles.soft}> · shown</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={styles.exchangeRow}>
        <Button onClick={onTake} disabled={busy || found.concepts === 0}>
          {found.concepts === 1 ? 'Add 1 concept' : `Add ${formatCount(found.concepts)} concepts`}
          {isOneEach ? '' : ` of ${formatCount(found.neurons)} ${found.neurons === 1 ? 'neuron' : 'neurons'}`}
        </Button>
      </div>
    </>
  )
}
