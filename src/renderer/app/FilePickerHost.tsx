import { Modal } from '@mantine/core'
import { useCallback, useRef, useState, type ReactNode } from 'react'
import type { Grant, Purpose } from '../../contract/workbench/files.ts'
import { PickFileContext, type PickFile } from '../components/FilePicker.tsx'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { FileBrowser } from './FileBrowser.tsx'
import { notifyFailure } from './notify.ts'
import { useAppInfo } from './use-workbench.ts'

const titles: Readonly<Record<Purpose, string>> = {
  model: 'Open a model',
  'language-model': 'Choose a language model',
  'sentence-model': 'Choose a sentence model',
  data: 'Choose a data file',
  workspace: 'Open a workspace',
  'new-workspace': 'Choose where the workspace will be',
  'export-folder': 'Choose the folder to export to',
}

/** Answers every wish for a file: by the native dialog where there is one, else by a window that browses. */
export function FilePickerHost({ children }: { children: ReactNode }) {
  const { client } = useRpc()
  const native = useAppInfo()?.nativeDialogs === true
  const [purpose, setPurpose] = useState<Purpose | null>(null)
  const answer = useRef<(grant: Grant | null) => void>(() => {})
  const before = useRef<Element | null>(null)

  const pick = useCallback<PickFile>(
    async (wanted) => {
      if (native) {
        try {
          return await client.files.dialog({ purpose: wanted })
        } catch (error) {
          notifyFailure(failureOf(error))
          return null
        }
      }
      answer.current(null)
      before.current = document.activeElement
      setPurpose(wanted)
      return await new Promise<Grant | null>((resolve) => {
        answer.current = resolve
      })
    },
    [client, native],
  )
  const settle = (grant: Grant | null) => {
    setPurpose(null)
    // At once, so that whoever asked may move the focus on. The window itself only knows its own list, which has the focus from the start.
    if (before.current instanceof HTMLElement) before.current.focus()
    answer.current(grant)
    answer.current = () => {}
  }
  return (
    <PickFileContext value={pick}>
      {children}
      <Modal
        opened={purpose !== null}
        onClose={() => settle(null)}
        title={purpose === null ? '' : titles[purpose]}
        size={760}
        zIndex={300}
        returnFocus={false}
      >
        {purpose !== null && <FileBrowser purpose={purpose} onPick={settle} />}
      </Modal>
    </PickFileContext>
  )
}
