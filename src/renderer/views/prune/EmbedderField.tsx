import { Select } from '@mantine/core'
import { ProviderSelect, useProvider } from '../../components/ProviderSelect.tsx'

/** Who turns sentences into vectors, as a form keeps it. */
export interface EmbedderDraft {
  readonly embedder: 'subject-sif' | 'openai-compatible'
  readonly provider: string | null
}

export const firstEmbedder: EmbedderDraft = { embedder: 'subject-sif', provider: null }

/** Embeds on this machine, or by the embedding model of a provider: concepts then leave it. */
export function EmbedderField({ value, onChange }: { value: EmbedderDraft; onChange: (value: EmbedderDraft) => void }) {
  const all = useProvider(value.provider)
  const providers = all.providers.filter(({ embeddingModel }) => embeddingModel !== null)
  const provider = providers.find(({ id }) => id === value.provider) ?? providers[0] ?? null
  return (
    <>
      <Select
        label="Embedder"
        description={
          value.embedder === 'subject-sif'
            ? 'Averaged token embeddings of the model itself; nothing leaves this machine'
            : 'Sentences of concepts are sent to the provider; vectors are kept and not asked for again'
        }
        data={[
          { value: 'subject-sif', label: 'The model’s own embeddings' },
          { value: 'openai-compatible', label: 'Embedding model of a provider', disabled: provider === null },
        ]}
        value={value.embedder}
        onChange={(embedder) =>
          onChange(
            embedder === 'openai-compatible' && provider !== null ? { embedder, provider: provider.id } : firstEmbedder,
          )
        }
        allowDeselect={false}
      />
      {value.embedder === 'openai-compatible' && (
        <ProviderSelect
          providers={providers}
          provider={provider}
          offline={all.offline}
          onChange={(id) => onChange({ ...value, provider: id })}
        />
      )}
    </>
  )
}
