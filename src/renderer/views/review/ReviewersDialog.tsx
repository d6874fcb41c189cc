import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { namelessReviewer } from '../../../contract/workbench/call.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { MergePreview, Resolution } from '../../../contract/workbench/review.ts'
import { useSay } from '../../app/status.ts'
import { useSettings } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { formatBytes, formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { MergeTable } from './MergeTable.tsx'
import styles from './review.module.css'

/** Who reviews, one's own review as a file, and another's beside it. */
export function ReviewersDialog({
  opened,
  onClose,
  reviewer,
  onMerged,
}: {
  opened: boolean
  onClose: () => void
  reviewer: string
  onMerged: () => void
}) {
  const { client } = useRpc()
  const { change } = useSettings()
  const pickFile = usePickFile()
  const say = useSay()
  const action = useAction()
  const [name, setName] = useState<string | null>(null)
  const [withNameless, setWithNameless] = useState(true)
  const nameless = reviewer === namelessReviewer
  const [written, setWritten] = useState<string | null>(null)
  const [theirs, setTheirs] = useState<{ grant: Grant; preview: MergePreview } | null>(null)
  const typed = (name ?? reviewer).trim()
  const rename = async () => {
    if (typed !== '' && typed !== reviewer) await change({ reviewer: typed })
    setName(null)
  }
  const choose = async () => {
    const grant = await pickFile('data')
    if (grant === null) return
    await action.run(async () => setTheirs({ grant, preview: await client.review.compare({ file: grant.id }) }))
  }
  const write = () =>
    action.run(async () => {
      const { path, rows, bytes } = await client.review.export({ withNameless })
      setWritten(`Wrote ${formatCount(rows)} ${rows === 1 ? 'neuron' : 'neurons'}, ${formatBytes(bytes)}: ${path}`)
    })
  const merge = async (resolutions: Record<string, Resolution>, others: Resolution) => {
    if (theirs === null) return
    const went = await action.run(async () => {
      const { label } = await client.review.merge({
        file: theirs.grant.id,
        hash: theirs.preview.hash,
        resolutions,
        others,
      })
      say(label)
    })
    if (!went) return
    setTheirs(null)
    onMerged()
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title="Reviewers" size={theirs === null ? 560 : 980}>
      <div className={styles.form}>
        <TextInput
          label="Your name"
          description={
            nameless
              ? `Kept beside your verdicts, edits and notes. Everybody who gave none is “${namelessReviewer}”: give yours before you export your review.`
              : 'Kept beside your verdicts, edits and notes from now on.'
          }
          maxLength={100}
          value={name ?? reviewer}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={() => void rename()}
          onKeyDown={(event) => {
            if (event.key === 'Enter') void rename()
          }}
        />
        {nameless ? null : (
          <Checkbox
            label={`Export what was said here as “${namelessReviewer}” as well, before a name was given`}
            checked={withNameless}
            onChange={(event) => setWithNameless(event.currentTarget.checked)}
          />
        )}
        <div className={styles.actions}>
          <Button variant="default" loading={action.busy} disabled={nameless} onClick={() => void write()}>
            Export the review of {reviewer}
          </Button>
          <Button variant="default" onClick={() => void choose()}>
            Compare with another reviewer’s file…
          </Button>
        </div>
        {written === null ? null : (
          <p className={styles.path} role="status">
            {written}
          </p>
        )}
        {action.failure ? (
          <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />
        ) : null}
        {theirs === null ? null : (
          <MergeTable
            key={theirs.preview.hash}
            name={theirs.grant.name}
            preview={theirs.preview}
            busy={action.busy}
            onMerge={(resolutions, others) => void merge(resolutions, others)}
          />
        )}
      </div>
    </Modal>
  )
}
