import { Button, Modal, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProviderView } from '../../../contract/workbench/providers.ts'
import { useSettings } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { ProviderCard } from './ProviderCard.tsx'
import { ProviderForm } from './ProviderForm.tsx'
import { Row } from './Row.tsx'
import styles from './settings.module.css'

/** Servers of language models: which there are, their keys, and the switch that sends nothing. */
export function LanguageModelSection() {
  const { orpc } = useRpc()
  const { settings, change } = useSettings()
  const list = useQuery(orpc.providers.list.queryOptions())
  const [edited, setEdited] = useState<{ readonly provider: ProviderView | null } | null>(null)
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
            <ProviderCard key={provider.id} provider={provider} onEdit={() => setEdited({ provider })} />
          ))}
          {list.data.providers.length === 0 && (
            <p className={styles.note}>
              No server yet. OpenAI and every server that speaks as it does will do: Ollama, LM Studio, llama.cpp, vLLM.
            </p>
          )}
          <Button variant="default" onClick={() => setEdited({ provider: null })}>
            Add a server…
          </Button>
        </div>
      )}
      <Modal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited?.provider ? `Change ${edited.provider.name}` : 'Add a server'}
        size={520}
      >
        {edited && <ProviderForm provider={edited.provider} onDone={() => setEdited(null)} />}
      </Modal>
    </Section>
  )
}
