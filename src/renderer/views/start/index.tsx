import { useQuery } from '@tanstack/react-query'
import { use, useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import { HandoverContext, useHandover } from '../../app/handover.ts'
import { NewWorkspaceDialog } from '../../app/NewWorkspaceDialog.tsx'
import { notifyFailure } from '../../app/notify.ts'
import { navigate } from '../../app/route.ts'
import { useSay } from '../../app/status.ts'
import { useRecentModels } from '../../app/use-recent-models.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { usePickFile } from '../../components/FilePicker.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { RecentEntries } from '../../components/RecentEntries.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { Choice } from './Choice.tsx'
import { OpenFailure } from './OpenFailure.tsx'
import { RecentList } from './RecentList.tsx'
import styles from './start.module.css'

/** Three ways to begin, and the workspaces of before. */
export function View() {
  const { client, orpc } = useRpc()
  const workspace = useWorkspace()
  const recent = useQuery(orpc.workspace.recent.queryOptions())
  const pickFile = usePickFile()
  const handover = use(HandoverContext)
  const say = useSay()
  const [opening, setOpening] = useState<string | null>(null)
  const [failure, setFailure] = useState<{ failure: Failure; retry: () => Promise<void> } | null>(null)
  const [model, setModel] = useState<{ grant: Grant; tokenizer: Grant | null } | null>(null)
  const models = useRecentModels()
  // A model that was dropped, or chosen again, while no workspace was open.
  useHandover('model-without-workspace', (grant, tokenizer) => setModel({ grant, tokenizer }))

  /** Opens something, and says where it stands while that takes time. */
  const begin = async (what: string, open: () => Promise<string>) => {
    setOpening(what)
    setFailure(null)
    try {
      say(await open())
    } catch (error) {
      setFailure({ failure: failureOf(error), retry: () => begin(what, open) })
    } finally {
      setOpening(null)
    }
  }
  const openDemo = (fresh: boolean) =>
    begin('Opening the demo', async () => {
      await client.workspace.openDemo({ fresh })
      navigate('prune')
      return 'The demo is open: move the slider in Rank and prune.'
    })
  const openFolder = (folder: string, name: string) =>
    begin(`Opening ${name}`, async () => {
      const state = await client.workspace.open({ folder })
      navigate('model')
      return `Opened the workspace ${state.name}.`
    })
  const forget = async (id: string) => {
    try {
      await client.workspace.forgetRecent({ id })
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  const openWorkspace = async () => {
    const grant = await pickFile('workspace')
    if (grant) await openFolder(grant.id, grant.name)
  }
  const giveModel = (grant: Grant, tokenizer: Grant | null = null) => {
    handover.give('model', grant, tokenizer)
    navigate('model')
  }
  const openModel = async () => {
    const grant = await pickFile('model')
    if (!grant) return
    // A model belongs to a workspace: without one, a new one is made around it.
    if (workspace.data) giveModel(grant)
    else setModel({ grant, tokenizer: null })
  }
  const busy = opening !== null
  return (
    <div className={styles.start}>
      <header className={styles.head}>
        <h1>SNIP Workbench</h1>
        <p>Make a language model forget, by hand and with evidence, and export the pruned model.</p>
      </header>
      <div className={styles.choices}>
        <Choice
          title="Open the demo"
          text="A small model, recorded, named and ranked already. Move the slider at once."
          disabled={busy}
          main
          run={() => openDemo(false)}
        />
        <Choice
          title="Open a model"
          text="A checkpoint folder or an .onnx file of yours, in a new workspace. The file stays where it is."
          disabled={busy}
          run={openModel}
        />
        <Choice
          title="Open a workspace"
          text="A folder with recordings, concepts and plans of before."
          disabled={busy}
          run={openWorkspace}
        />
      </div>
      {opening !== null && <ProgressLine label={opening} />}
      {failure && <OpenFailure failure={failure.failure} onRetry={failure.retry} onDismiss={() => setFailure(null)} />}
      {workspace.data && (
        <p className={styles.open}>
          {workspace.data.name} is open. <a href="#/model">Go back to it</a>
        </p>
      )}
      <RecentList
        recent={recent.data}
        failure={recent.error ? failureOf(recent.error) : null}
        disabled={busy}
        onOpen={(id, name) => void openFolder(id, name)}
        onForget={(id) => void forget(id)}
        onFreshDemo={() => void openDemo(true)}
      />
      {models.entries.length > 0 && (
        <section className={styles.recent} aria-labelledby="recent-models">
          <h2 id="recent-models">Recent models</h2>
          <RecentEntries
            entries={models.entries}
            disabled={busy}
            gone="It is no longer there"
            onOpen={models.open}
            onForget={models.forget}
          />
        </section>
      )}
      <NewWorkspaceDialog
        opened={model !== null}
        onClose={() => setModel(null)}
        onMade={() => {
          if (model) giveModel(model.grant, model.tokenizer)
          setModel(null)
        }}
      />
    </div>
  )
}
