import { use, useEffect, useState } from 'react'
import type { Grant } from '../../contract/workbench/files.ts'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { HandoverContext } from './handover.ts'
import { notifyFailure } from './notify.ts'
import { navigate } from './route.ts'
import { useSay } from './status.ts'
import { useAppInfo, useWorkspace } from './use-workbench.ts'
import { uploadFile } from './upload.ts'
import styles from './Shell.module.css'

/** The whole window takes files: data go to the import, models to the model view. */
export function DropTarget() {
  const [over, setOver] = useState(false)
  const { client, upload } = useRpc()
  const info = useAppInfo()
  const workspace = useWorkspace()
  const handover = use(HandoverContext)
  const say = useSay()

  useEffect(() => {
    let depth = 0
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
    const entered = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      depth++
      setOver(true)
    }
    const left = () => {
      depth = Math.max(0, depth - 1)
      if (depth === 0) setOver(false)
    }
    const moved = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault()
    }
    const take = async (grant: Grant) => {
      if (grant.kind === 'folder' && (await isWorkspace(grant))) {
        const state = await client.workspace.open({ folder: grant.id })
        say(`Opened the workspace ${state.name}.`)
        navigate('model')
        return
      }
      const kind = grant.kind === 'folder' || /\.(onnx|safetensors)$/i.test(grant.name) ? 'model' : 'data'
      // The start makes a workspace around a model; data have nowhere to go.
      if (!workspace.data && kind === 'data') {
        notifyFailure(noWorkspace)
        return
      }
      handover.give(workspace.data ? kind : 'model-without-workspace', grant)
      navigate(workspace.data ? kind : 'start')
    }
    const isWorkspace = async ({ id }: Grant) => {
      const { entries } = await client.files.list({ folder: id, purpose: 'workspace' })
      return entries.some(({ name }) => name === 'workspace.json')
    }
    const dropped = async (event: DragEvent) => {
      depth = 0
      setOver(false)
      if (!carriesFiles(event)) return
      event.preventDefault()
      // The preload reports the paths of a desktop drop itself; its message follows below.
      if (info?.nativeDialogs === true) return
      const item = event.dataTransfer?.items[0]
      const file = event.dataTransfer?.files[0]
      if (!file) return
      if (!workspace.data) {
        notifyFailure(noWorkspace)
        return
      }
      const folder = item?.webkitGetAsEntry()?.isDirectory === true
      if (folder || /\.(onnx|safetensors)$/i.test(file.name)) {
        notifyFailure({
          message: `A browser cannot hand over the place of ${file.name}, and models stay where they are.`,
          remedy: 'Open the model by its path instead: command "Open a model".',
        })
        return
      }
      try {
        say(`Uploading ${file.name}.`)
        await take(await uploadFile(upload, info, file))
      } catch (error) {
        notifyFailure(failureOf(error))
      }
    }
    const told = async (event: MessageEvent<unknown>) => {
      if (event.source !== window || !isDrop(event.data)) return
      try {
        const [grant] = await client.files.dropped({ drop: event.data.id })
        if (grant) await take(grant)
      } catch (error) {
        notifyFailure(failureOf(error))
      }
    }
    const onDrop = (event: DragEvent) => void dropped(event)
    const onMessage = (event: MessageEvent<unknown>) => void told(event)
    window.addEventListener('dragenter', entered)
    window.addEventListener('dragleave', left)
    window.addEventListener('dragover', moved)
    window.addEventListener('drop', onDrop)
    window.addEventListener('message', onMessage)
    return () => {
      window.removeEventListener('dragenter', entered)
      window.removeEventListener('dragleave', left)
      window.removeEventListener('dragover', moved)
      window.removeEventListener('drop', onDrop)
      window.removeEventListener('message', onMessage)
    }
  }, [client, handover, info, say, upload, workspace.data])

  if (!over) return null
  return (
    <div className={styles.drop} role="status">
      <p>Drop a data file to import it{info?.nativeDialogs === true ? ', or a model to open it' : ''}</p>
    </div>
  )
}

const noWorkspace = { message: 'No workspace is open.', remedy: 'Open or make one first, then drop the file again.' }

function isDrop(data: unknown): data is { snip: 'drop'; id: string } {
  return (
    typeof data === 'object' &&
    data !== null &&
    (data as { snip?: unknown }).snip === 'drop' &&
    typeof (data as { id?: unknown }).id === 'string'
  )
}
