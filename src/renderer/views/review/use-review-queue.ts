import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { queueReason } from '../../../contract/workbench/review.ts'
import type { QueueOrder, ReviewFilter, ReviewQueue } from '../../../contract/workbench/review.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { float32Of, uint32Of } from '../../rpc/bulk.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { neuronIdOf, rowOf } from '../neurons/neuron-columns.ts'

/** The queue as it was when it was asked for: it does not move under the hands of who reviews. */
export interface Queue {
  readonly length: number
  readonly sites: readonly string[]
  readonly reviewed: number
  readonly left: number
  readonly note: string | null
  /** The neuron at a place. */
  at(place: number): string
  /** Its place, or -1. */
  placeOf(neuron: string): number
  /** Why a neuron stands where it does; null for one that is not in the queue. */
  reasonOf(neuron: string): string | null
  /** Puts a neuron to the end. */
  toEnd(neuron: string): void
}

interface Held {
  readonly answer: ReviewQueue
  readonly rows: Uint32Array
  /** By row. */
  readonly values: ReadonlyMap<number, number>
  readonly places: ReadonlyMap<number, number>
}

const root = 'review queue'

function placesOf(rows: Uint32Array): ReadonlyMap<number, number> {
  const places = new Map<number, number>()
  for (let place = 0; place < rows.length; place++) places.set(rows[place]!, place)
  return places
}

/** Asks for the queue once; `again` asks anew. */
export function useReviewQueue(order: QueueOrder, filter: ReviewFilter) {
  const { client } = useRpc()
  const queries = useQueryClient()
  const workspace = useWorkspace().data?.path ?? null
  const queryKey = [root, workspace, order, filter]
  const query = useQuery<Held>({
    queryKey,
    queryFn: async ({ signal }) => {
      const answer = await client.review.queue({ order, filter }, { signal })
      const [rows, values] = await Promise.all([uint32Of(answer.rows), float32Of(answer.values)])
      const byRow = new Map<number, number>()
      for (let place = 0; place < rows.length; place++) byRow.set(rows[place]!, values[place]!)
      return { answer, rows, values: byRow, places: placesOf(rows) }
    },
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
    placeholderData: (held) => held,
  })
  const [asked, setAsked] = useState(0)
  const held = query.data
  return {
    error: query.error,
    isWaiting: query.isFetching,
    /** How often it was asked for anew. */
    asked,
    queue:
      held === undefined
        ? null
        : queueOf(held, (rows) => queries.setQueryData<Held>(queryKey, { ...held, rows, places: placesOf(rows) })),
    again: async () => {
      await query.refetch()
      setAsked((count) => count + 1)
    },
  }
}

function queueOf({ answer, rows, values, places }: Held, change: (rows: Uint32Array) => void): Queue {
  const { layout, order } = answer
  return {
    length: rows.length,
    sites: [...new Set(layout.map(({ site }) => site))],
    reviewed: answer.reviewed,
    left: answer.left,
    note: answer.note,
    at: (place) => neuronIdOf(layout, rows[place] ?? 0),
    placeOf: (neuron) => places.get(rowOf(layout, neuron)) ?? -1,
    reasonOf(neuron) {
      const value = values.get(rowOf(layout, neuron))
      return value === undefined ? null : queueReason(order, value)
    },
    toEnd(neuron) {
      const row = rowOf(layout, neuron)
      if (places.has(row)) change(Uint32Array.from([...rows.filter((other) => other !== row), row]))
    },
  }
}
