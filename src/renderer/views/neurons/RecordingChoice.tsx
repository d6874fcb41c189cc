import { Select } from '@mantine/core'
import type { Recording } from '../../../contract/workbench/recordings.ts'
import { notifyFailure } from '../../app/notify.ts'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import styles from './neurons.module.css'

function nameOf({ data, tokens }: Recording): string {
  return `recorded over ${data}, ${formatCount(tokens)} tokens`
}

/** Says which recording the evidence comes from, and chooses another where there are several. */
export function RecordingChoice({ recordings }: { recordings: readonly Recording[] }) {
  const { client } = useRpc()
  const inUse = recordings.find((recording) => recording.inUse)
  if (recordings.length < 2) return <span className={styles.soft}>{inUse ? nameOf(inUse) : ''}</span>

  async function use(id: string) {
    try {
      await client.recordings.use({ id })
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }

  return (
    <Select
      className={styles.recording}
      aria-label="Recording whose evidence is shown"
      data={recordings.map((recording) => ({ value: recording.id, label: nameOf(recording) }))}
      value={inUse?.id ?? null}
      onChange={(id) => (id === null ? undefined : void use(id))}
    />
  )
}
