import type { ProviderView } from '../../../contract/workbench/providers.ts'
import { ProviderKey } from './ProviderKey.tsx'
import styles from './settings.module.css'

/** What a server is used for, where it is, what it can do, and its key. */
export function ServerFacts({ provider }: { provider: ProviderView }) {
  const { chatModel, embeddingModel, local, concurrency } = provider
  return (
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
  )
}

/** A language model in a folder: there is nothing to send, and no key. */
export function LocalModelFacts({ provider }: { provider: ProviderView }) {
  const { chatModel, capabilities } = provider
  return (
    <dl className={styles.facts}>
      <dt>Chat model</dt>
      <dd className="mono">{chatModel}</dd>
      <dt>Place</dt>
      <dd>Runs here: nothing leaves this machine, and there is no key; one request at a time</dd>
      <dt>Seen to have</dt>
      <dd>
        {capabilities.testedAt === null
          ? 'Not tested yet'
          : capabilities.echo === true
            ? 'scored prompts'
            : 'no scored prompts: its vocabulary does not tell the numbers from 0 to 10'}
      </dd>
    </dl>
  )
}

function capabilityWords({ capabilities: { logprobs, echo, embeddingDimensions, testedAt } }: ProviderView): string {
  if (testedAt === null) return 'Not tested yet'
  return [
    logprobs === true ? 'log probabilities' : 'no log probabilities',
    echo === true ? 'scored prompts' : 'no scored prompts',
    ...(embeddingDimensions === null ? [] : [`vectors of ${embeddingDimensions}`]),
  ].join(', ')
}
