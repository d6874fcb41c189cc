import { Select } from '@mantine/core'
import type { EmbedderId } from '../../../contract/workbench/embedders.ts'
import type { ProviderView } from '../../../contract/workbench/providers.ts'
import { useEmbedder, type ChosenEmbedder } from '../../components/EmbedderField.tsx'
import { SentenceFolder } from '../../components/SentenceFolder.tsx'
import type { Grant } from '../../../contract/workbench/files.ts'

/** Who compares the wordings of several draws, as the form keeps it; null is not chosen yet. */
export interface MergeDraft {
  readonly by: EmbedderId | 'equal' | null
  readonly folder: Grant | null
}

export const firstMerge: MergeDraft = { by: null, folder: null }

export interface ChosenMerge {
  readonly by: EmbedderId | 'equal'
  readonly folder: ChosenEmbedder['folder']
  readonly request: {
    readonly embedder: EmbedderId | null
    readonly embedderFolder: string | null
  }
  readonly problem: string | null
}

/** What a draft comes to: what is not chosen is the provider's embedding model, or equal wordings where it has none. */
export function useMerge(draft: MergeDraft, provider: ProviderView | null): ChosenMerge {
  const sentences = useEmbedder({ embedder: 'sentence-onnx', provider: null, folder: draft.folder })
  const hasOwn = provider !== null && provider.embeddingModel !== null
  const asked = draft.by === 'openai-compatible' && !hasOwn ? null : draft.by
  const by = asked ?? (hasOwn ? 'openai-compatible' : 'equal')
  return {
    by,
    folder: sentences.folder,
    problem: by === 'sentence-onnx' ? sentences.problem : null,
    request: {
      embedder: by === 'equal' ? null : by,
      embedderFolder: by === 'sentence-onnx' ? sentences.request.embedderFolder : null,
    },
  }
}

/** How concepts of several draws that are worded differently become one. */
export function MergeDrawsField({
  provider,
  chosen,
  onChange,
}: {
  provider: ProviderView | null
  chosen: ChosenMerge
  onChange: (draft: MergeDraft) => void
}) {
  const own = provider?.embeddingModel ?? null
  const about = {
    'openai-compatible': `Concepts of the replies are sent to ${provider?.host ?? 'the provider'} once more, for vectors.`,
    'sentence-onnx': 'It runs on this machine: nothing more is sent.',
    'subject-sif': 'Averaged token embeddings of the model itself, on this machine: nothing more is sent.',
    equal:
      own === null && provider !== null
        ? `${provider.name} has no embedding model: wordings that differ stay apart, unless a sentence model compares them.`
        : 'Wordings that differ stay apart. Nothing more is sent.',
  }
  return (
    <>
      <Select
        label="Wordings of several draws are compared by"
        description={about[chosen.by]}
        data={[
          {
            value: 'openai-compatible',
            label: own ?? 'The provider’s embedding model (none is set)',
            disabled: own === null,
          },
          { value: 'sentence-onnx', label: 'A sentence model in a folder' },
          { value: 'subject-sif', label: 'The model’s own embeddings' },
          { value: 'equal', label: 'Nothing: only equal ones are one' },
        ]}
        value={chosen.by}
        onChange={(by) => onChange({ by, folder: chosen.folder })}
        allowDeselect={false}
      />
      {chosen.by === 'sentence-onnx' && (
        <SentenceFolder folder={chosen.folder} onChange={(folder) => onChange({ by: 'sentence-onnx', folder })} />
      )}
    </>
  )
}
