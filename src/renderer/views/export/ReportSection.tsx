import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { WrittenReport } from '../../../contract/workbench/exports.ts'
import { notifyFailure } from '../../app/notify.ts'
import { useAppInfo } from '../../app/use-workbench.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { problemOfName } from './export-name.ts'
import styles from './export.module.css'

/** Writes what was done as one HTML file, and the recipe that does it again, into the workspace. */
export function ReportSection() {
  const { client } = useRpc()
  const action = useAction()
  const [name, setName] = useState('report')
  const [written, setWritten] = useState<WrittenReport | null>(null)
  const problem = problemOfName(name)
  const write = () =>
    action.run(async () => {
      setWritten(await client.exports.report({ name }))
      setName(nextName(name))
    })
  return (
    <Section title="Write report and recipe">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (problem === null && !action.busy) void write()
        }}
      >
        <p className={styles.quiet}>
          The report tells on one page what was done: data, rankings, neurons removed, measures, exports. The recipe
          does it again with <span className="mono">snip run</span>. Both go into the folder reports of the workspace.
        </p>
        <TextInput
          label="Name of the report"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem}
        />
        {action.failure && <FailureNote failure={action.failure} onRetry={write} />}
        <Button type="submit" variant="default" loading={action.busy} disabled={problem !== null}>
          Write report and recipe
        </Button>
      </form>
      {written && <Written written={written} />}
    </Section>
  )
}

/** Where the files lie, and what the recipe cannot do again. */
function Written({ written }: { written: WrittenReport }) {
  const { client } = useRpc()
  const shows = useAppInfo()?.showsFolders === true
  const show = async () => {
    try {
      await client.files.show({ what: 'workspace', id: null })
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  const files = [
    { what: 'Report', path: written.report },
    ...(written.recipe === null ? [] : [{ what: 'Recipe', path: written.recipe }]),
  ]
  return (
    <div role="status">
      {files.map(({ what, path }) => (
        <div key={what} className={styles.folder}>
          <span className={styles.label}>{what}</span>
          <span className={styles.path}>{path}</span>
          <CopyButton text={path} label={`Copy the path of the ${what.toLowerCase()}`} />
        </div>
      ))}
      {written.notes.map((note) => (
        <p key={note} className={styles.quiet}>
          {note}
        </p>
      ))}
      {shows && (
        <Button variant="subtle" color="gray" onClick={() => void show()}>
          Show the workspace folder
        </Button>
      )}
    </div>
  )
}

/** "report" is followed by "report-2", that by "report-3": nothing is overwritten. */
function nextName(name: string): string {
  const [, stem = name, number] = /^(.*?)-(\d{1,6})$/.exec(name) ?? []
  return `${stem}-${number === undefined ? 2 : Number(number) + 1}`
}
