import { Button, Input } from '@mantine/core'
import { useState } from 'react'
import type { Failure } from '../../contract/failure.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { FailureNote } from './FailureNote.tsx'
import { usePickFile } from './FilePicker.tsx'
import { ProgressLine } from './ProgressLine.tsx'
import styles from './components.module.css'

/** The folder of a sentence model, which is opened before it is taken: one that is none says at once what is missing. */
export function SentenceFolder({ folder, onChange }: { folder: Grant | null; onChange: (folder: Grant) => void }) {
  const { client } = useRpc()
  const pickFile = usePickFile()
  const [opening, setOpening] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const choose = async () => {
    // A button that is disabled would lose the focus.
    if (opening) return
    const picked = await pickFile('sentence-model')
    if (picked === null) return
    setFailure(null)
    setOpening(true)
    try {
      onChange((await client.embedders.sentenceModel({ folder: picked.id })).folder)
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setOpening(false)
    }
  }
  return (
    <Input.Wrapper label="Sentence model" labelElement="div">
      <div className={styles.folderField}>
        <div className={styles.chosenFolder}>
          <span className="mono">{folder?.path ?? 'No folder is chosen yet'}</span>
          <Button variant="default" onClick={() => void choose()}>
            {folder === null ? 'Choose its folder…' : 'Choose another folder…'}
          </Button>
        </div>
        {opening && <ProgressLine label="Opening the sentence model" />}
        {failure && <FailureNote failure={failure} onDismiss={() => setFailure(null)} />}
      </div>
    </Input.Wrapper>
  )
}
