import { Button } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { ConnectionTest, ProviderView } from '../../../contract/workbench/providers.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon } from '../../components/Icon.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { ProviderKey } from './ProviderKey.tsx'
import styles from './settings.module.css'

/** One server: what it is, its key, and whether it answers. */
export function ProviderCard({ provider, onEdit }: { provider: ProviderView; onEdit: () => void }) {
  const { client } = useRpc()
  const testing = useAction()
  const removing = useAction()
  const [tested, setTested] = useState<{ readonly of: string; readonly result: ConnectionTest } | null>(null)
  const [asked, setAsked] = useState(false)
  const confirm = useRef<HTMLButtonElement>(null)
  const { name, baseUrl, chatModel, embeddingModel, concurrency, local } = provider
  useEffect(() => {
    if (asked) confirm.current?.focus()
  }, [asked])
  // What was found out about another address, model or key says nothing about this one.
  const of = JSON.stringify([baseUrl, chatModel, embeddingModel, provider.key])
  const result = tested?.of === of ? tested.result : null

  const test = () =>
    testing.run(async () => setTested({ of, result: await client.providers.test({ id: provider.id }) }))
  return (
    <article className={styles.server} aria-label={name}>
      <header className={styles.serverHead}>
        <h3>{name}</h3>
        <span className={styles.serverAddress}>{baseUrl}</span>
        <span className={styles.push} />
        <Button variant="default" loading={testing.busy} onClick={() => void test()}>
          Test the connection
        </Button>
        <Button variant="default" onClick={onEdit}>
          Change…
        </Button>
        {asked ? (
          <>
            <Button
              ref={confirm}
              color="red"
              loading={removing.busy}
              onClick={() => void removing.run(() => client.providers.remove({ id: provider.id }))}
            >
              Remove it and its key
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
      <dl className={styles.facts}>
        <dt>Chat model</dt>
        <dd className="mono">{chatModel}</dd>
        <dt>Embedding model</dt>
        <dd className={embeddingModel === null ? styles.note : 'mono'}>{embeddingModel ?? 'none'}</dd>
        <dt>Place</dt>
        <dd>
          {local ? 'This machine or its own network' : 'Elsewhere: texts of your data go there'}; {concurrency} requests
          at a time
        </dd>
        <dt>Seen to have</dt>
        <dd>{capabilityWords(provider)}</dd>
        <dt>Key</dt>
        <dd>
          <ProviderKey provider={provider} />
        </dd>
      </dl>
      <div role="status">
        {result?.ok === true && (
          <p className={styles.works}>
            <Icon name="check" size={12} /> {result.message} {result.milliseconds} ms.
          </p>
        )}
      </div>
      {result !== null && !result.ok && (
        <FailureNote
          failure={{
            message: `${problemWords[result.problem ?? 'other']}: ${result.message}`,
            remedy: result.remedy ?? undefined,
          }}
          onRetry={test}
        >
          {result.models.length > 0 && result.problem === 'model' && (
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

function capabilityWords({ capabilities: { logprobs, echo, embeddingDimensions, testedAt } }: ProviderView): string {
  if (testedAt === null) return 'Not tested yet'
  return [
    logprobs === true ? 'log probabilities' : 'no log probabilities',
    echo === true ? 'scored prompts' : 'no scored prompts',
    ...(embeddingDimensions === null ? [] : [`vectors of ${embeddingDimensions}`]),
  ].join(', ')
}
