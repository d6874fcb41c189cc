import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { queueReason } from '../../../contract/workbench/review.ts'
import type { QueueOrder, ReviewFilter, ReviewQueue } from '../../../contract/workbench/review.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { float32Of, uint32Of } from '../../rpc/bulk.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { neuronIdOf, rowOf } from '../neurons/neuron-columns.ts'

/** The queue as it was when it was asked for: it does not move under the hands of who reviews. */
export interface Queue {
  /** What it was made of: another one after it was asked for anew. */
  readonly answer: ReviewQueue
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
}

interface Held {
  readonly answer: ReviewQueue
  readonly rows: Uint32Array
  /** By row of the table; -1 for those that are not in the queue. */
  readonly places: Int32Array
  /** By row of the table. */
  readonly values: Float32Array
}

const root = 'review queue'

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
      const [rows, reasons] = await Promise.all([uint32Of(answer.rows), float32Of(answer.values)])
      const last = answer.layout.at(-1)
      const values = new Float32Array(last === undefined ? 0 : last.first + last.width)
      for (let place = 0; place < rows.length; place++) values[rows[place]!] = reasons[place]!
      return { answer, rows, values, places: placesOf(rows, values.length) }
    },
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
    placeholderData: (held) => held,
  })
  const { data: held, refetch } = query
  const queue = useMemo(() => (held === undefined ? null : queueOf(held)), [held])
  // Keys come faster than the page is drawn, so the truth is held beside the state.
  const latest = useRef<{ held: Held; queue: Queue; put: (held: Held) => void } | null>(null)
  useEffect(() => {
    const put = (next: Held) => void queries.setQueryData<Held>(queryKey, next)
    latest.current = held === undefined || queue === null ? null : { held, queue, put }
  })
  const move = useCallback((neuron: string, to: number) => {
    const now = latest.current
    const next = now === null ? null : withMoved(now.held, neuron, to)
    if (now === null || next === null) return
    latest.current = { ...now, held: next, queue: queueOf(next) }
    now.put(next)
  }, [])
  return {
    error: query.error,
    isWaiting: query.isFetching,
    queue,
    /** The queue at this instant. */
    now: useCallback(() => latest.current?.queue ?? null, []),
    /** Puts a neuron of the queue to another place, the others close up; -1 is the end. */
    move,
    again: useCallback(async () => void (await refetch()), [refetch]),
  }
}

function placesOf(rows: Uint32Array, count: number): Int32Array {
  const places = new Int32Array(count).fill(-1)
  for (let place = 0; place < rows.length; place++) places[rows[place]!] = place
  return places
}

function withMoved(held: Held, neuron: string, to: number): Held | null {
  const row = rowOf(held.answer.layout, neuron)
  const from = held.places[row] ?? -1
  if (from < 0) return null
  const target = to < 0 ? held.rows.length - 1 : Math.min(to, held.rows.length - 1)
  const rows = held.rows.slice()
  if (from < target) rows.copyWithin(from, from + 1, target + 1)
  else rows.copyWithin(target + 1, target, from)
  rows[target] = row
  return { ...held, rows, places: placesOf(rows, held.places.length) }
}

function queueOf({ answer, rows, values, places }: Held): Queue {
  const { layout, order } = answer
  const placeOf = (neuron: string) => places[rowOf(layout, neuron)] ?? -1
  return {
    answer,
    length: rows.length,
    sites: [...new Set(layout.map(({ site }) => site))],
    reviewed: answer.reviewed,
    left: answer.left,
    note: answer.note,
    at: (place) => neuronIdOf(layout, rows[place] ?? 0),
    placeOf,
    reasonOf: (neuron) => (placeOf(neuron) < 0 ? null : queueReason(order, values[rowOf(layout, neuron)]!)),
  }
}
