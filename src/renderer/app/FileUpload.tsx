import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import type { Failure } from '../../contract/failure.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { uploadFile } from './upload.ts'
import { useAppInfo } from './use-workbench.ts'

/** Sends a file of the computer that shows the window; not there where the door takes no uploads. */
export function FileUpload({
  onPick,
  onFailure,
}: {
  onPick: (grant: Grant) => void
  onFailure: (failure: Failure | null) => void
}) {
  const { upload } = useRpc()
  const info = useAppInfo()
  const input = useRef<HTMLInputElement>(null)
  const [name, setName] = useState<string | null>(null)
  if (!info || info.uploadPath === null) return null

  const send = async (file: File | undefined) => {
    if (!file) return
    setName(file.name)
    onFailure(null)
    try {
      onPick(await uploadFile(upload, info, file))
    } catch (error) {
      onFailure(failureOf(error))
    } finally {
      setName(null)
    }
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File to upload"
        onChange={(event) => {
          void send(event.currentTarget.files?.[0])
          event.currentTarget.value = ''
        }}
      />
      <Button variant="subtle" loading={name !== null} onClick={() => input.current?.click()}>
        Upload a file from this computer
      </Button>
    </>
  )
}
