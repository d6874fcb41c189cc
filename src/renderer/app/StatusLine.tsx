import { use } from 'react'
import { memoryShortly, memoryWords, videoMemoryWords } from '../components/memory-words.ts'
import { useConnectionState } from '../rpc/rpc-context.tsx'
import { LastStatusContext } from './status.ts'
import { useMemory } from './use-memory.ts'
import { useSettings, useWorkspace } from './use-workbench.ts'
import styles from './Shell.module.css'

const words = { connecting: 'Connecting', connected: 'Connected', lost: 'Not connected', refused: 'Refused' } as const

/** One line at the bottom: the last thing that happened, and what to do next. Read out when it changes. */
export function StatusLine() {
  const last = use(LastStatusContext)
  const workspace = useWorkspace()
  const connection = useConnectionState()
  const memory = useMemory()
  const { settings } = useSettings()
  // The coach line says it already, until it is put away.
  const next = settings.coachDismissed ? (workspace.data?.next ?? '') : ''
  const text = last === '' && workspace.data ? `${workspace.data.name} is open.` : last
  return (
    <footer className={styles.status}>
      <span className={styles.statusText} role="status" title={text}>
        {text}
      </span>
      {next !== '' && next !== text && (
        <span className={styles.statusNext} title={next}>
          Next: {next}
        </span>
      )}
      {memory && (
        <span
          className={styles.statusMemory}
          title={[memoryWords(memory), ...videoMemoryWords(memory.video)].join('\n')}
        >
          <span className="visually-hidden">Memory: </span>
          {memoryShortly(memory)}
        </span>
      )}
      <span className={styles.statusEnd}>{words[connection]}</span>
    </footer>
  )
}
