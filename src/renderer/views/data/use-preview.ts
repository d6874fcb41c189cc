import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import type { DataPreview, Mapping } from '../../../contract/workbench/datasets.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

export interface Preview {
  /** The newest preview that could be made. */
  readonly preview: DataPreview | null
  /** The mapping as the form has it, ahead of the preview by a moment. */
  readonly mapping: Mapping | null
  readonly setMapping: (mapping: Mapping) => void
  readonly failure: Failure | null
  readonly isWorking: boolean
  readonly retry: () => unknown
}

/** Reads a file anew whenever its mapping rests, and keeps what was there while it fails. */
export function usePreview(file: string): Preview {
  const { orpc } = useRpc()
  const [wished, setWished] = useState<Mapping | null>(null)
  const [mapping] = useDebouncedValue(wished, 350)
  const [held, setHeld] = useState<DataPreview | null>(null)
  const query = useQuery(
    orpc.datasets.preview.queryOptions({ input: { file, mapping }, placeholderData: keepPreviousData, gcTime: 0 }),
  )
  if (query.data && !query.isPlaceholderData && query.data !== held) setHeld(query.data)
  return {
    preview: held,
    mapping: wished ?? held?.mapping ?? null,
    setMapping: setWished,
    failure: query.error ? failureOf(query.error) : null,
    isWorking: query.isFetching || wished !== mapping,
    retry: query.refetch,
  }
}
