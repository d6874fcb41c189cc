import { Button, Checkbox, NumberInput, Select, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { ProviderView } from '../../../contract/workbench/providers.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './settings.module.css'

/** Addresses as the makers of the servers set them. */
const known = [
  { value: 'https://api.openai.com/v1', label: 'OpenAI' },
  { value: 'http://localhost:11434/v1', label: 'Ollama' },
  { value: 'http://localhost:1234/v1', label: 'LM Studio' },
  { value: 'http://localhost:8080/v1', label: 'llama.cpp' },
  { value: 'http://localhost:8000/v1', label: 'vLLM' },
  { value: 'other', label: 'Another' },
]

interface Fields {
  readonly name: string
  readonly baseUrl: string
  readonly chatModel: string
  readonly embeddingModel: string
  readonly contextTokens: number | string
  readonly concurrency: number | string
  readonly plainHttpAllowed: boolean
}

/** Name, address and models of a server. */
export function ProviderForm({ provider, onDone }: { provider: ProviderView | null; onDone: () => void }) {
  const { client } = useRpc()
  const action = useAction()
  const [kind, setKind] = useState<string>('other')
  const [fields, setFields] = useState<Fields>({
    name: provider?.name ?? '',
    baseUrl: provider?.baseUrl ?? '',
    chatModel: provider?.chatModel ?? '',
    embeddingModel: provider?.embeddingModel ?? '',
    contextTokens: provider?.contextTokens ?? '',
    concurrency: provider?.concurrency ?? 8,
    plainHttpAllowed: provider?.plainHttpAllowed ?? false,
  })
  const set = (part: Partial<Fields>) => setFields((now) => ({ ...now, ...part }))
  const text = (name: 'name' | 'baseUrl' | 'chatModel' | 'embeddingModel') => ({
    value: fields[name],
    maxLength: name === 'baseUrl' ? 2000 : 200,
    spellCheck: false,
    autoComplete: 'off',
    onChange: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }),
  })
  const isPlain = fields.baseUrl.trim().toLowerCase().startsWith('http://')
  const whole = [fields.name, fields.baseUrl, fields.chatModel].every((value) => value.trim() !== '')
  const moves = provider?.key.state === 'set' && originOf(fields.baseUrl) !== originOf(provider.baseUrl)

  const save = async (event: FormEvent) => {
    event.preventDefault()
    const embeddingModel = fields.embeddingModel.trim()
    const draft = {
      ...fields,
      id: provider?.id ?? null,
      embeddingModel: embeddingModel === '' ? null : embeddingModel,
      contextTokens: fields.contextTokens === '' ? null : Number(fields.contextTokens),
      concurrency: Math.min(256, Math.max(1, Math.round(Number(fields.concurrency)) || 1)),
    }
    if (await action.run(() => client.providers.save(draft))) onDone()
  }
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      {provider === null && (
        <Select
          label="Server"
          data={known}
          value={kind}
          onChange={(value) => {
            const next = known.find((one) => one.value === value)
            if (!next) return
            setKind(next.value)
            if (next.value !== 'other') set({ baseUrl: next.value, name: next.label })
          }}
        />
      )}
      <TextInput label="Name" data-autofocus {...text('name')} />
      <TextInput label="Address" placeholder="https://api.openai.com/v1" {...text('baseUrl')} />
      {isPlain && (
        <Checkbox
          label="Plain http is meant"
          description="Needed beyond this machine and its network: others on the way can read the key and the texts."
          checked={fields.plainHttpAllowed}
          onChange={(event) => set({ plainHttpAllowed: event.currentTarget.checked })}
        />
      )}
      {moves && (
        <p className={styles.note}>The key stays with the address it was given for. Set it again for this one.</p>
      )}
      <TextInput label="Chat model" placeholder="gpt-4o-mini" {...text('chatModel')} />
      <NumberInput
        label="Tokens of its context"
        description="Of a model of 4,096 or fewer, or one that is not widely known: examples are left out of prompts until they fit."
        placeholder="as known"
        min={256}
        max={100_000_000}
        allowDecimal={false}
        thousandSeparator=","
        value={fields.contextTokens}
        onChange={(contextTokens) => set({ contextTokens })}
      />
      <TextInput label="Embedding model, if any" placeholder="text-embedding-3-small" {...text('embeddingModel')} />
      <NumberInput
        label="Requests at a time, at most"
        w={200}
        min={1}
        max={256}
        allowDecimal={false}
        value={fields.concurrency}
        onChange={(concurrency) => set({ concurrency })}
      />
      {action.failure && <FailureNote failure={action.failure} />}
      <div className={styles.formEnd}>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" disabled={!whole} loading={action.busy}>
          {provider === null ? 'Add the server' : 'Save the server'}
        </Button>
      </div>
    </form>
  )
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : ''
}
