import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { EmbedderChoice, EmbedderId } from '../../contract/workbench/embedders.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { EmbeddingNote } from './EmbeddingNote.tsx'
import { ProviderSelect, useProvider } from './ProviderSelect.tsx'
import { SentenceFolder } from './SentenceFolder.tsx'

/** Who turns sentences into vectors, as a form keeps it. What is null is not chosen: then the first provider, or the last folder, stands. */
export interface EmbedderDraft {
  readonly embedder: EmbedderId
  readonly provider: string | null
  readonly folder: Grant | null
}

export const firstEmbedder: EmbedderDraft = { embedder: 'subject-sif', provider: null, folder: null }

const words: Readonly<Record<EmbedderId, { readonly label: string; readonly about: string }>> = {
  'subject-sif': {
    label: 'The model’s own embeddings',
    about: 'Averaged token embeddings of the model itself; nothing leaves this machine',
  },
  'sentence-onnx': {
    label: 'A sentence model in a folder',
    about: 'An ONNX export of sentence-transformers, run here; nothing leaves this machine',
  },
  'openai-compatible': {
    label: 'Embedding model of a provider',
    about: 'Sentences are sent to the provider; vectors are kept and not asked for again',
  },
}

/** What a form's choice of embedder comes to. */
export interface ChosenEmbedder extends ReturnType<typeof useProvider> {
  readonly folder: Grant | null
  readonly request: EmbedderChoice
  /** What is missing, as a sentence; null when it can be used. */
  readonly problem: string | null
}

export function useEmbedder(draft: EmbedderDraft): ChosenEmbedder {
  const { orpc } = useRpc()
  const last = useQuery(orpc.embedders.lastSentenceModel.queryOptions())
  const all = useProvider(draft.provider)
  const providers = all.providers.filter(({ embeddingModel }) => embeddingModel !== null)
  const provider = providers.find(({ id }) => id === draft.provider) ?? providers[0] ?? null
  const folder = draft.folder ?? last.data ?? null
  const { embedder } = draft
  const problem =
    embedder === 'sentence-onnx' && folder === null
      ? 'Choose the folder of a sentence model.'
      : embedder === 'openai-compatible' && provider === null
        ? 'Set up a provider with an embedding model first.'
        : null
  return {
    providers,
    provider,
    offline: all.offline,
    folder,
    problem,
    request: {
      embedder,
      provider: embedder === 'openai-compatible' ? (provider?.id ?? null) : null,
      embedderFolder: embedder === 'sentence-onnx' ? (folder?.id ?? null) : null,
    },
  }
}

/** Embeds by the model itself, by a sentence model in a folder, or by the embedding model of a provider: sentences then leave this machine. */
export function EmbedderField({
  value,
  chosen,
  texts,
  also = null,
  onChange,
}: {
  value: EmbedderDraft
  chosen: ChosenEmbedder
  texts: 'concepts' | 'ranking'
  /** What else is sent, beside the sentences counted: "what you look for". */
  also?: string | null
  onChange: (value: EmbedderDraft) => void
}) {
  const { providers, provider, offline } = chosen
  return (
    <>
      <Select
        label="Embedder"
        description={words[value.embedder].about}
        data={(Object.keys(words) as EmbedderId[]).map((id) => ({
          value: id,
          label:
            id === 'openai-compatible' && provider === null ? `${words[id].label} (none is set up)` : words[id].label,
          disabled: id === 'openai-compatible' && provider === null,
        }))}
        value={value.embedder}
        onChange={(embedder) => onChange({ ...value, embedder: embedder ?? 'subject-sif' })}
        allowDeselect={false}
      />
      {value.embedder === 'sentence-onnx' && (
        <SentenceFolder folder={chosen.folder} onChange={(folder) => onChange({ ...value, folder })} />
      )}
      {value.embedder === 'openai-compatible' && (
        <>
          <ProviderSelect
            embeds
            providers={providers}
            provider={provider}
            offline={offline}
            onChange={(id) => onChange({ ...value, provider: id })}
          />
          {provider !== null && <EmbeddingNote provider={provider.id} texts={texts} also={also} />}
        </>
      )}
    </>
  )
}
