import { Button } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { ConnectionTest, ProviderView } from '../../../contract/workbench/providers.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon } from '../../components/Icon.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { LocalModelFacts, ServerFacts } from './ProviderFacts.tsx'
import styles from './settings.module.css'

/** One server, or one model that runs here: what it is, its key, and whether it answers. */
export function ProviderCard({
  provider,
  onEdit,
  onRemoved,
}: {
  provider: ProviderView
  onEdit: () => void
  /** The focus was on what is gone. */
  onRemoved: () => void
}) {
  const { client } = useRpc()
  const testing = useAction()
  const removing = useAction()
  const [tested, setTested] = useState<{ readonly of: string; readonly result: ConnectionTest } | null>(null)
  const [asked, setAsked] = useState(false)
  const confirm = useRef<HTMLButtonElement>(null)
  const { name, baseUrl, chatModel, embeddingModel } = provider
  const isLocal = provider.kind === 'local-model'
  useEffect(() => {
    if (asked) confirm.current?.focus()
  }, [asked])
  // What was found out about another address, model or key says nothing about this one.
  const of = JSON.stringify([baseUrl, chatModel, embeddingModel, provider.key])
  const result = tested?.of === of ? tested.result : null

  const test = () =>
    testing.run(async () => setTested({ of, result: await client.providers.test({ id: provider.id }) }))
  const remove = async () => {
    if (await removing.run(() => client.providers.remove({ id: provider.id }))) onRemoved()
  }
  return (
    <article className={styles.server} aria-label={name}>
      <header className={styles.serverHead}>
        <h3>{name}</h3>
        <span className={styles.serverAddress}>{isLocal ? pathOf(baseUrl) : baseUrl}</span>
        <span className={styles.push} />
        <Button variant="default" loading={testing.busy} onClick={() => void test()}>
          {isLocal ? 'Test the model' : 'Test the connection'}
        </Button>
        <Button variant="default" onClick={onEdit}>
          {isLocal ? 'Rename…' : 'Change…'}
        </Button>
        {asked ? (
          <>
            <Button ref={confirm} color="red" loading={removing.busy} onClick={() => void remove()}>
              {isLocal ? 'Remove it, keep its files' : 'Remove it and its key'}
            </Button>
            <Button variant="subtle" color="gray" onClick={() => setAsked(false)}>
              Keep it
            </Button>
          </>
        ) : (
          <Button variant="subtle" color="gray" onClick={() => setAsked(true)}>
            Remove
          </Button>
        )}
      </header>
      {isLocal ? <LocalModelFacts provider={provider} /> : <ServerFacts provider={provider} />}
      {provider.problem && <FailureNote failure={provider.problem} />}
      {isLocal && testing.busy && <ProgressLine label="Loading the model and having it answer a short chat" />}
      <div role="status">
        {result?.ok === true && (
          <p className={styles.works}>
            <Icon name="check" size={12} /> {result.message} {result.milliseconds} ms.
          </p>
        )}
      </div>
      {result !== null && !result.ok && !provider.problem && (
        <FailureNote
          failure={{
            message: isLocal ? result.message : `${problemWords[result.problem ?? 'other']}: ${result.message}`,
            remedy: result.remedy ?? undefined,
          }}
          onRetry={test}
        >
          {!isLocal && result.models.length > 0 && result.problem === 'model' && (
            <details>
              <summary>Its {result.models.length} models</summary>
              <p className="mono">{result.models.join(', ')}</p>
            </details>
          )}
        </FailureNote>
      )}
      {testing.failure && <FailureNote failure={testing.failure} onRetry={testing.retry} />}
      {removing.failure && <FailureNote failure={removing.failure} onRetry={removing.retry} />}
    </article>
  )
}

/** The path behind a file URL, as its system writes it. */
function pathOf(fileUrl: string): string {
  try {
    const path = decodeURIComponent(new URL(fileUrl).pathname)
    return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path
  } catch {
    // A person may have written anything into providers.json.
    return fileUrl
  }
}

const problemWords = {
  offline: 'Offline',
  url: 'Address',
  network: 'Network',
  redirect: 'Redirect',
  'not-compatible': 'No compatible server',
  key: 'Key',
  quota: 'Quota',
  model: 'Model',
  other: 'Server',
} as const
