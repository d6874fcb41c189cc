import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ProviderView } from '../../contract/workbench/providers.ts'
import { useRpc } from '../rpc/rpc-context.tsx'

/** The providers of language models, the chosen one, or the first. */
export function useProvider(chosen: string | null): {
  readonly providers: readonly ProviderView[]
  readonly provider: ProviderView | null
  readonly offline: boolean
} {
  const { orpc } = useRpc()
  const { data } = useQuery(orpc.providers.list.queryOptions())
  const providers = data?.providers ?? []
  return {
    providers,
    provider: providers.find(({ id }) => id === chosen) ?? providers[0] ?? null,
    offline: data?.offline ?? false,
  }
}

/** Which server is asked. Without one, says where they are set up. */
export function ProviderSelect({
  providers,
  provider,
  offline,
  embeds = false,
  onChange,
}: ReturnType<typeof useProvider> & {
  /** Whether it is asked for vectors and no texts. */
  embeds?: boolean
  onChange: (id: string | null) => void
}) {
  return (
    <Select
      label={embeds ? 'Provider' : 'Language model'}
      description={
        providers.length === 0
          ? 'None is set up: add a provider in the settings.'
          : provider?.kind === 'local-model'
            ? 'Runs on this machine: nothing is sent.'
            : offline
              ? 'The offline switch is on: only what is answered already can be used.'
              : undefined
      }
      data={providers.map(({ id, kind, name, chatModel, embeddingModel }) => ({
        value: id,
        label: kind === 'local-model' ? `${name} (runs here)` : `${name}: ${embeds ? embeddingModel : chatModel}`,
      }))}
      value={provider?.id ?? null}
      onChange={onChange}
      disabled={providers.length === 0}
    />
  )
}
