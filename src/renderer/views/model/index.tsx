import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { Grant } from '../../../contract/workbench/files.ts'
import { useCommands } from '../../app/commands.ts'
import { useHandover } from '../../app/handover.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { CandidateModel } from './CandidateModel.tsx'
import { CurrentModel } from './CurrentModel.tsx'
import { RecentModels } from './RecentModels.tsx'
import styles from './model.module.css'

/** Model: which one it is, whether it fits, what it says. A new one is looked at before it takes the old one's place. */
export function View() {
  const { orpc } = useRpc()
  const commands = useCommands()
  const current = useQuery(orpc.model.current.queryOptions())
  const [candidate, setCandidate] = useState<{ grant: Grant; tokenizer: Grant | null } | null>(null)
  const pickFile = usePickFile()
  useHandover('model', (grant, tokenizer) => setCandidate({ grant, tokenizer }))

  const open = useCallback(async () => {
    if (commands.run('file.open-model')) return
    const grant = await pickFile('model')
    if (grant) setCandidate({ grant, tokenizer: null })
  }, [commands, pickFile])

  if (candidate !== null) {
    return (
      <CandidateModel
        key={candidate.grant.id}
        grant={candidate.grant}
        knownTokenizer={candidate.tokenizer}
        current={current.data ?? null}
        onDone={() => setCandidate(null)}
        onOther={open}
      />
    )
  }
  if (current.error) {
    return (
      <div className={styles.pad}>
        <FailureNote failure={failureOf(current.error)} onRetry={() => current.refetch()} />
      </div>
    )
  }
  if (current.data === undefined) {
    return (
      <div className={styles.pad}>
        <ProgressLine label="Reading the model" />
      </div>
    )
  }
  if (current.data === null) {
    return (
      <>
        <EmptyState title="No model yet" action={{ label: 'Open a model…', run: open }}>
          A folder with config.json, safetensors and tokenizer.json, or an .onnx file that this workbench exported. It
          stays where it is; only its headers are read before you decide.
        </EmptyState>
        <div className={styles.recent}>
          <RecentModels current={null} />
        </div>
      </>
    )
  }
  return <CurrentModel model={current.data} onOther={open} />
}
