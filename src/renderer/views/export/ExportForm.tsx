import { Button, Radio, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { ExportFormat } from '../../../contract/engine-host.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { useCommand } from '../../app/commands.ts'
import { isActive } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { formatBytes, formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { JobFollow, useJobOf } from '../prune/JobFollow.tsx'
import { FormatChoice } from './FormatChoice.tsx'
import { problemOfName, suggestedName } from './export-name.ts'
import { sizesOf } from './export-sizes.ts'
import shapes from '../../components/shapes.module.css'
import styles from './export.module.css'

/** Realisation, name and place of an export; what will be written, and what stands in the way, before it starts. */
export function ExportForm({
  plan,
  title,
  k,
  taken,
}: {
  plan: PlanChoice
  title: string
  k: number | null
  /** Names of earlier exports, without `.onnx`. */
  taken: readonly string[]
}) {
  const { client, orpc } = useRpc()
  const pickFile = usePickFile()
  const action = useAction()
  const [format, setFormat] = useState<ExportFormat>('onnx')
  const [realisation, setRealisation] = useState<'zeroed' | 'compact'>('compact')
  const [typed, setTyped] = useState<string | null>(null)
  /** The name of the export that was started here, until it stands in the list. */
  const [written, setWritten] = useState<string | null>(null)
  const [folder, setFolder] = useState<Grant | null>(null)
  const [weights, setWeights] = useState<'inline' | 'external' | null>(null)
  const job = useJobOf('export')
  const form = useRef<HTMLFormElement>(null)
  // Writes nothing by itself: name and place are looked at first, and Enter in the name writes.
  useCommand({
    id: 'action.export',
    title: 'Export: name and folder',
    group: 'Export',
    run: () => form.current?.querySelector<HTMLInputElement>('input[name="export-name"]')?.select(),
  })
  const name = typed ?? suggestedName(title, k, realisation, taken)
  const nameProblem = problemOfName(name)
  const choice = { plan, realisation, format, name, folder: folder?.id ?? null, weights }
  const [asked] = useDebouncedValue(choice, 200)
  const estimate = useQuery(
    orpc.exports.estimate.queryOptions({
      input: asked,
      enabled: problemOfName(asked.name) === null,
      placeholderData: (held) => held,
    }),
  )
  const about = nameProblem === null ? estimate.data : undefined
  const running = job !== null && isActive(job)
  const start = () =>
    action.run(async () => {
      await client.exports.start(choice)
      setWritten(name)
    })
  // What is there by now is what was wanted: the next export gets a name of its own.
  if (written !== null && taken.includes(written)) {
    setWritten(null)
    setTyped(null)
  }
  const isWriting = running || (written === name && job?.state === 'done')
  const blocked = nameProblem !== null || about === undefined || about.problem !== null || running
  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!blocked) void start()
      }}
    >
      <FormatChoice value={format} onChange={setFormat} />
      <Radio.Group label="How it is written" value={realisation} onChange={(next) => setRealisation(next)}>
        <div className={styles.choices}>
          <Radio
            value="compact"
            label="Compact"
            description="The pruned neurons are cut out of the matrices: the model gets smaller and faster, its layers narrower."
          />
          <Radio
            value="zeroed"
            label="Zeroed"
            description="The pruned neurons stay and their outgoing weights become zero: every shape and the size stay as they were."
          />
        </div>
      </Radio.Group>
      <TextInput
        label="Name"
        name="export-name"
        description="Letters, digits, dot, dash and underscore"
        value={name}
        onChange={(event) => setTyped(event.currentTarget.value)}
        error={nameProblem}
        rightSection={format === 'onnx' ? <span className={styles.quiet}>.onnx</span> : null}
        rightSectionWidth={48}
      />
      <div>
        <div className={styles.label} id="export-folder">
          Folder
        </div>
        <div className={styles.folder} role="group" aria-labelledby="export-folder">
          <span className={styles.path}>{folder?.path ?? about?.folder ?? 'exports of the workspace'}</span>
          <Button
            variant="default"
            onClick={() => void pickFile('export-folder').then((grant) => grant && setFolder(grant))}
          >
            Choose another folder
          </Button>
          {folder && (
            <Button variant="subtle" color="gray" onClick={() => setFolder(null)}>
              Back to the workspace
            </Button>
          )}
        </div>
      </div>
      {format !== 'checkpoint' && (
        <Select
          label="Weights"
          data={[
            { value: 'auto', label: 'Inside the file while it stays under 2 GB' },
            { value: 'inline', label: 'Inside the file' },
            { value: 'external', label: 'In a file of their own beside it' },
          ]}
          value={weights ?? 'auto'}
          onChange={(next) => setWeights(next === 'auto' ? null : next)}
        />
      )}
      {estimate.error && nameProblem === null && (
        <FailureNote failure={failureOf(estimate.error)} onRetry={() => estimate.refetch()} />
      )}
      {about && about.files.length > 0 && <Estimate about={about} />}
      {about?.problem != null && !isWriting && (
        <FailureNote
          failure={{ ...problemNote(about.problem), kind: about.problemKind ?? undefined }}
          onRetry={() => estimate.refetch()}
        />
      )}
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <JobFollow kind="export" />
      <Button type="submit" loading={action.busy} disabled={blocked}>
        {about ? `Export without ${formatCount(about.neurons)} neurons` : 'Export'}
      </Button>
    </form>
  )
}

/** "The folder cannot be written: choose another." as what is wrong and what to do. */
function problemNote(problem: string): { message: string; remedy?: string } {
  const at = problem.indexOf(': ')
  if (at === -1) return { message: problem }
  const remedy = problem.slice(at + 2)
  return { message: problem.slice(0, at), remedy: remedy.charAt(0).toUpperCase() + remedy.slice(1) }
}

interface EstimateOf {
  readonly files: readonly { name: string; bytes: number }[]
  readonly totalBytes: number
  readonly originalBytes: number
  readonly freeBytes: number
  readonly neurons: number
}

function Estimate({ about }: { about: EstimateOf }) {
  const { model, beside } = sizesOf(about.files)
  return (
    <div>
      <div className={styles.label}>What will be written</div>
      <table className={`${shapes.lined} ${styles.files}`}>
        <caption className="visually-hidden">Files that will be written</caption>
        <tbody>
          {about.files.map((file) => (
            <tr key={file.name}>
              <th scope="row">{file.name}</th>
              <td data-number>{formatBytes(file.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.quiet}>
        {sizeSentence(about.originalBytes, model)}
        {beside > 0 && `; tokenizer and configuration ${formatBytes(beside)}`}. {formatBytes(about.freeBytes)} free.
      </p>
    </div>
  )
}

/** "The model: 5.24 MB before, 5.02 MB after (−4.1 %)". */
function sizeSentence(before: number, after: number): string {
  return `The model: ${formatBytes(before)} before, ${formatBytes(after)} after (${sizeChange(before, after)})`
}

/** "−4.1 %": model files against the weights of the original. */
export function sizeChange(before: number, after: number): string {
  return signedPercent(before === 0 ? 0 : after / before - 1)
}

function signedPercent(change: number): string {
  const percent = (100 * change).toFixed(1)
  if (Number(percent) === 0) return '0 %'
  return `${change > 0 ? '+' : '\u2212'}${percent.replace('-', '')} %`
}
