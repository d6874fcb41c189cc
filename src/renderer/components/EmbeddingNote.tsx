import { useQuery } from '@tanstack/react-query'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { EstimateNote } from './EstimateNote.tsx'
import { FailureNote } from './FailureNote.tsx'
import { ProgressLine } from './ProgressLine.tsx'
import { formatCount } from './numbers.ts'

/** Whether it is not yet known, and so not shown, what the provider would be sent: nothing is to be sent before. */
export function useIsCounting(provider: string | null, texts: 'concepts' | 'ranking'): boolean {
  const { orpc } = useRpc()
  const input = { provider: provider ?? '', texts }
  const isAsked = provider !== null
  return useQuery(orpc.embedders.estimate.queryOptions({ input, retry: false, enabled: isAsked })).isPending && isAsked
}

/** What the embedding model of a provider would be sent, counted before anything is. */
export function EmbeddingNote({
  provider,
  texts,
  also,
}: {
  provider: string
  texts: 'concepts' | 'ranking'
  also: string | null
}) {
  const { orpc } = useRpc()
  const counted = useQuery(orpc.embedders.estimate.queryOptions({ input: { provider, texts }, retry: false }))
  if (counted.error) return <FailureNote failure={failureOf(counted.error)} onRetry={() => counted.refetch()} />
  if (!counted.data) return <ProgressLine label="Counting what would be sent" />
  const { texts: all, answered } = counted.data
  const sentences = `${formatCount(all - answered)} ${all - answered === 1 ? 'sentence' : 'sentences'} of concepts`
  const what = also === null ? sentences : answered === all ? capital(also) : `${sentences}, and ${also},`
  return <EstimateNote estimate={counted.data} what={what} leaves={also !== null || all > answered} />
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
