import { Button, Modal, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { ProviderView } from '../../../contract/workbench/providers.ts'
import { useSettings } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { AddLocalModel, RenameLocalModel } from './LocalModelForm.tsx'
import { ProviderCard } from './ProviderCard.tsx'
import { ProviderForm } from './ProviderForm.tsx'
import { Row } from './Row.tsx'
import styles from './settings.module.css'

/** Servers of language models and models that run here: which there are, their keys, and the switch that sends nothing. */
export function LanguageModelSection() {
  const { orpc } = useRpc()
  const { settings, change } = useSettings()
  const list = useQuery(orpc.providers.list.queryOptions())
  const pickFile = usePickFile()
  const addFolder = useRef<HTMLButtonElement>(null)
  const [source, setSource] = useState<Grant | null>(null)
  const [edited, setEdited] = useState<{ readonly provider: ProviderView | null } | null>(null)
  const chooseFolder = async () => {
    const grant = await pickFile('language-model')
    if (grant !== null) setSource(grant)
  }
  const close = () => setEdited(null)
  const isLocal = edited?.provider?.kind === 'local-model'
  return (
    <Section title="Language models" note="Used only for what you start; each form says what leaves this machine.">
      <Row
        label="Offline"
        labels="offline"
        note={
          settings.offline
            ? 'Nothing is sent. Answers that are there already are still used.'
            : 'On, nothing is sent to any server of language models.'
        }
      >
        <Switch
          aria-labelledby="offline"
          checked={settings.offline}
          onChange={(event) => void change({ offline: event.currentTarget.checked })}
        />
      </Row>
      {list.error && <FailureNote failure={failureOf(list.error)} onRetry={() => list.refetch()} />}
      {list.data && (
        <div className={styles.servers}>
          {list.data.warning !== null && <FailureNote tone="warn" failure={{ message: list.data.warning }} />}
          {list.data.keychain.note !== null && (
            <FailureNote tone="warn" failure={{ message: list.data.keychain.note }} />
          )}
          {list.data.providers.map((provider) => (
            <ProviderCard
              key={provider.id}
              provider={provider}
              onEdit={() => setEdited({ provider })}
              onRemoved={() => addFolder.current?.focus()}
            />
          ))}
          {list.data.providers.length === 0 && (
            <p className={styles.note}>
              No server yet. OpenAI and every server that speaks as it does will do: Ollama, LM Studio, llama.cpp, vLLM.
              A model in a folder needs no server: it runs here.
            </p>
          )}
          <div className={styles.place}>
            <Button variant="default" onClick={() => setEdited({ provider: null })}>
              Add a server…
            </Button>
            <Button ref={addFolder} variant="default" onClick={() => void chooseFolder()}>
              Add a model in a folder…
            </Button>
          </div>
        </div>
      )}
      <Modal
        opened={edited !== null}
        onClose={close}
        title={edited?.provider ? `${isLocal ? 'Rename' : 'Change'} ${edited.provider.name}` : 'Add a server'}
        size={520}
      >
        {edited?.provider && isLocal ? (
          <RenameLocalModel provider={edited.provider} onDone={close} />
        ) : (
          edited && <ProviderForm provider={edited.provider} onDone={close} />
        )}
      </Modal>
      {/* The window that had the focus before is the one that asked for the folder, and gone. */}
      <Modal
        opened={source !== null}
        onClose={() => setSource(null)}
        returnFocus={false}
        onExitTransitionEnd={() => addFolder.current?.focus()}
        title="Add a model in a folder"
        size={520}
      >
        {source && (
          <AddLocalModel key={source.id} source={source} onOther={chooseFolder} onDone={() => setSource(null)} />
        )}
      </Modal>
    </Section>
  )
}
