import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import type { NeuronPage, Pin } from '../../../contract/workbench/neurons.ts'
import { useSay } from '../../app/status.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { rowOf } from './neuron-columns.ts'
import type { NeuronColumns } from './neuron-columns.ts'
import { useAction } from './use-action.ts'
import type { Action } from './use-action.ts'
import { columnsKey, editedKey } from './use-neuron-columns.ts'

type Verdict = 'accepted' | 'rejected' | 'suggested'

export interface NeuronEdits {
  readonly action: Action
  readonly editConcept: (neuron: string, text: string) => Promise<boolean>
  readonly revertConcept: (neuron: string) => Promise<boolean>
  readonly review: (neurons: readonly string[], status: Verdict) => Promise<boolean>
  readonly pin: (neurons: readonly string[], pin: Pin | null) => Promise<boolean>
}

const pinCodes = { always: 1, never: 2 } as const

function named(neurons: readonly string[]): string {
  return neurons.length === 1 ? neurons[0]! : `${neurons.length.toLocaleString('en-US')} neurons`
}

/** Edits of neurons. The table shows them at once; the answer of the main side stands in the end. */
export function useNeuronEdits(): NeuronEdits {
  const { client, orpc } = useRpc()
  const queries = useQueryClient()
  const say = useSay()
  const action = useAction()
  const { run } = action

  const edit = useCallback(
    (
      neurons: readonly string[],
      work: () => Promise<unknown>,
      change: (columns: NeuronColumns, rows: readonly number[]) => NeuronColumns,
      changePage: (page: NeuronPage) => NeuronPage,
      done: string,
    ) => {
      // A retry shows it at once again, and says so in the end.
      return run(async () => {
        const held = queries.getQueryData<NeuronColumns | null>(columnsKey)
        const pages = neurons.map((neuron) => {
          const pageKey = orpc.neurons.page.queryKey({ input: { neuron } })
          return { pageKey, page: neurons.length > 50 ? undefined : queries.getQueryData<NeuronPage>(pageKey) }
        })
        if (held) {
          const rows = neurons.map((neuron) => rowOf(held.layout, neuron)).filter((row) => row >= 0)
          queries.setQueryData(columnsKey, change(held, rows))
        }
        for (const { pageKey, page } of pages) if (page) queries.setQueryData(pageKey, changePage(page))
        queries.setQueryData(editedKey, Date.now())
        try {
          await work()
        } catch (error) {
          if (held) queries.setQueryData(columnsKey, held)
          for (const { pageKey, page } of pages) if (page) queries.setQueryData(pageKey, page)
          throw error
        } finally {
          queries.setQueryData(editedKey, Date.now())
        }
        say(done)
      })
    },
    [orpc, queries, run, say],
  )

  const withStatus =
    (status: (typeof conceptStatuses)[number]) => (columns: NeuronColumns, rows: readonly number[]) => {
      const codes = columns.status.slice()
      for (const row of rows) if (columns.concepts[row] !== '') codes[row] = conceptStatuses.indexOf(status)
      return { ...columns, status: codes }
    }
  const withText = (text: string) => (columns: NeuronColumns, rows: readonly number[]) => {
    const concepts = columns.concepts.slice()
    for (const row of rows) concepts[row] = text
    return { ...withStatus('edited')({ ...columns, concepts }, rows) }
  }

  return {
    action,
    editConcept: (neuron, text) =>
      edit(
        [neuron],
        () => client.neurons.editConcept({ neuron, text }),
        withText(text),
        (page) => ({
          ...page,
          concept: {
            ...page.concept,
            text,
            status: 'edited',
            suggestion: page.concept.suggestion ?? page.concept.text,
          },
        }),
        `Edited the concept of ${neuron}`,
      ),
    revertConcept: (neuron) =>
      edit(
        [neuron],
        () => client.neurons.revertConcept({ neuron }),
        (columns, rows) => {
          const suggestion = queries.getQueryData<NeuronPage>(orpc.neurons.page.queryKey({ input: { neuron } }))
            ?.concept.suggestion
          if (!suggestion) return columns
          const back = withText(suggestion)(columns, rows)
          return withStatus('suggested')(back, rows)
        },
        (page) => ({
          ...page,
          concept: {
            ...page.concept,
            text: page.concept.suggestion ?? page.concept.text,
            status: 'suggested',
            suggestion: null,
          },
        }),
        `${neuron} has the explainer's concept again`,
      ),
    review: (neurons, status) =>
      edit(
        neurons,
        () => client.neurons.review({ neurons: [...neurons], status }),
        withStatus(status),
        (page) => ({ ...page, concept: { ...page.concept, status } }),
        `${{ accepted: 'Accepted', rejected: 'Rejected', suggested: 'Open again' }[status]}: ${named(neurons)}`,
      ),
    pin: (neurons, pin) =>
      edit(
        neurons,
        () => client.neurons.pin({ neurons: [...neurons], pin }),
        (columns, rows) => {
          const codes = columns.pin.slice()
          for (const row of rows) codes[row] = pin === null ? 0 : pinCodes[pin]
          return { ...columns, pin: codes }
        },
        (page) => ({ ...page, pin }),
        `${pin === null ? 'No longer pinned' : pin === 'always' ? 'Always prune' : 'Never prune'}: ${named(neurons)}`,
      ),
  }
}
