import { useQueryClient } from '@tanstack/react-query'
import { useLayoutEffect, useMemo, useRef } from 'react'
import type { NeuronPage, Pin } from '../../../contract/workbench/neurons.ts'
import { navigate, parseRoute } from '../../app/route.ts'
import { useSay } from '../../app/status.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import type { Action } from '../neurons/use-action.ts'
import type { NeuronEdits } from '../neurons/use-neuron-edits.ts'
import type { Queue } from './use-review-queue.ts'
import type { ReviewActs } from './use-review-keys.ts'
import type { ReviewStep } from './review-steps.ts'
import type { ReviewSession } from './use-session.ts'

/** How long what was said of a neuron is known better here than by answers, after the last save, in milliseconds. */
const saidFor = 3000

/** What the acts work with; all of it may be another one after each drawing. */
export interface ActsContext {
  readonly now: () => Queue | null
  readonly move: (neuron: string, place: number) => void
  /** Asks for the queue anew. */
  readonly again: () => Promise<unknown>
  readonly session: ReviewSession
  readonly edits: NeuronEdits
  readonly action: Action
  /** Opens the editor of a neuron, with a text of its own that could not be saved. */
  readonly onEdit: (neuron: string, text: string | null) => void
  /** Another neuron is shown. */
  readonly onShow: () => void
}

export interface AllActs extends ReviewActs {
  readonly show: (neuron: string) => void
  readonly save: (neuron: string, text: string) => void
  /** Takes the explainer's sentence in place of a person's. */
  readonly take: () => void
  /** A note on a neuron was saved elsewhere: undo returns to it. */
  readonly noted: (neuron: string) => void
  /** Resolves when all that was done is saved. */
  readonly settled: () => Promise<unknown>
}

/**
 * What the keys do. The next neuron is shown at once; what was done is saved behind, one after the other, so that an undo never
 * overtakes what it takes back; the screen goes to the neuron that undo or redo was about, whoever edited it. What could not be saved is taken back on the screen, which returns to it. The functions stay the same:
 * keys may come faster than the page is drawn, and each means the neuron that the address names.
 */
export function useReviewActs(context: ActsContext): AllActs {
  const { client, orpc } = useRpc()
  const queries = useQueryClient()
  const say = useSay()
  const latest = useRef(context)
  useLayoutEffect(() => {
    latest.current = context
  })
  const lastPlace = useRef(0)
  const saving = useRef<Promise<unknown>>(Promise.resolve())
  // Neurons as they are once all is saved: an answer that was on its way before tells older things of them.
  const said = useRef(new Map<string, NeuronPage>())
  const waits = useRef({ count: 0, timer: 0 })
  // Neurons that are read anew once all is saved: what undo made of them is the main side's to say.
  const doubted = useRef(new Set<string>())

  return useMemo(() => {
    const pageKey = (neuron: string) => orpc.neurons.page.queryKey({ input: { neuron } })
    const pageOf = (neuron: string) => said.current.get(neuron) ?? queries.getQueryData<NeuronPage>(pageKey(neuron))
    /** Puts a neuron on the screen as it is once all is saved. */
    const put = (page: NeuronPage) => {
      const queryKey = pageKey(page.neuron)
      said.current.set(page.neuron, page)
      void queries.cancelQueries({ queryKey })
      queries.setQueryData(queryKey, page)
    }
    const atHand = (): string | null => {
      const route = parseRoute(window.location.hash)
      const queue = latest.current.now()
      if (route.view === 'review' && route.arg !== null) return route.arg
      return queue === null || queue.length === 0 ? null : queue.at(0)
    }
    const placeNow = (): number => {
      const place = latest.current.now()?.placeOf(atHand() ?? '') ?? -1
      if (place >= 0) lastPlace.current = place
      return place
    }
    const show = (neuron: string) => {
      navigate('review', neuron, { replace: true })
      latest.current.onShow()
      placeNow()
    }
    const step = (by: number) => {
      const queue = latest.current.now()
      if (queue === null || queue.length === 0) return
      const place = placeNow()
      const to = (place >= 0 ? place : lastPlace.current - (by > 0 ? 1 : 0)) + by
      if (to >= queue.length) say('This is the end of the queue.')
      else if (to < 0) say('This is the beginning of the queue.')
      else show(queue.at(to))
    }
    const readAnew = () => {
      for (const neuron of doubted.current) {
        said.current.delete(neuron)
        void queries.invalidateQueries({ queryKey: pageKey(neuron) })
      }
      doubted.current.clear()
    }
    const saved = () => {
      waits.current.count--
      if (waits.current.count > 0) return
      waits.current.timer = window.setTimeout(() => said.current.clear(), saidFor)
      readAnew()
    }
    const saveNext = <T>(work: () => Promise<T>): Promise<T> => {
      window.clearTimeout(waits.current.timer)
      waits.current.count++
      const next = saving.current.then(work)
      saving.current = next.then(saved, saved)
      return next
    }
    /** The neuron at hand with its page; says so where it is not there yet. */
    const shown = () => {
      const neuron = atHand()
      const before = neuron === null ? undefined : pageOf(neuron)
      if (neuron !== null && before === undefined) say(`${neuron} is still being read`)
      return neuron === null || before === undefined ? null : { neuron, before }
    }
    const begin = ({ neuron, before }: { neuron: string; before: NeuronPage }, kind: ReviewStep['kind']) =>
      latest.current.session.did({
        neuron,
        kind,
        before,
        place: placeNow(),
        queue: latest.current.now()?.answer ?? null,
      })
    const carryOut = (
      done: ReviewStep,
      after: NeuronPage,
      work: () => Promise<boolean>,
      onFailure: () => void = () => show(done.neuron),
    ) => {
      put(after)
      void saveNext(async () => {
        if (await work()) return
        latest.current.session.forget(done)
        put(done.before)
        onFailure()
      })
    }
    const judge = (status: 'accepted' | 'rejected') => {
      const one = shown()
      if (one === null || one.before.concept.text === '') return
      const { neuron, before } = one
      // Said before: there is nothing to save, and nothing to undo.
      if (before.concept.status === status) return step(1)
      const done = begin(one, 'judged')
      step(1)
      carryOut(done, { ...before, concept: { ...before.concept, status } }, () =>
        latest.current.edits.review([neuron], status),
      )
    }
    const pin = (wanted: Pin) => {
      const one = shown()
      if (one === null) return
      const value = one.before.pin === wanted ? null : wanted
      const { neuron, before } = one
      carryOut(begin(one, 'pinned'), { ...before, pin: value }, () => latest.current.edits.pin([neuron], value))
    }
    /** Asks for the queue anew where nothing here expected an edit, or a later queue counts it itself. */
    const recount = (turned: ReviewStep | null) => {
      if (turned === null || turned.queue !== (latest.current.now()?.answer ?? null)) void latest.current.again()
    }
    const undo = async () => {
      const expected = latest.current.session.undo()
      if (expected !== null) {
        put(expected.before)
        if (expected.kind === 'skipped') latest.current.move(expected.neuron, expected.place)
        show(expected.neuron)
      }
      /** Whether undo took back what was expected; if not, what was put on the screen is doubted. */
      const settle = (neuron: string | null): boolean => {
        const was = latest.current.session.wasUndone(expected, neuron)
        const page = expected === null ? undefined : said.current.get(expected.neuron)
        // An answer that was on its way before may have come meanwhile.
        if (was && page !== undefined) put(page)
        for (const one of was ? [] : [expected?.neuron, neuron]) if (one != null) doubted.current.add(one)
        return was
      }
      await saveNext(async () => {
        const went = await latest.current.action.run(async () => {
          const { did, neuron } = await client.workspace.undo()
          const was = settle(neuron)
          if (!was && neuron !== null) show(neuron)
          if (did !== null) recount(was ? expected : null)
          say(did === null ? 'There is nothing to undo.' : `Undone: ${asTold(did)}.`)
        })
        if (!went) settle(null)
      })
    }
    const redo = () =>
      saveNext(() =>
        latest.current.action.run(async () => {
          const { did, neuron } = await client.workspace.redo()
          const back = latest.current.session.redo(neuron)
          if (back?.kind === 'skipped') latest.current.move(back.neuron, -1)
          if (neuron !== null) {
            doubted.current.add(neuron)
            show(neuron)
          }
          if (did !== null) recount(back)
          say(did === null ? 'There is nothing to redo.' : `Done again: ${asTold(did)}.`)
        }),
      )
    return {
      show,
      accept: () => judge('accepted'),
      reject: () => judge('rejected'),
      edit: () => {
        const neuron = atHand()
        if (neuron !== null) latest.current.onEdit(neuron, null)
      },
      save: (neuron, text) => {
        const before = pageOf(neuron)
        if (before === undefined) return
        const done = begin({ neuron, before }, 'judged')
        const suggestion = before.concept.suggestion ?? before.concept.text
        const after = { ...before, concept: { ...before.concept, text, status: 'edited' as const, suggestion } }
        step(1)
        carryOut(
          done,
          after,
          () => latest.current.edits.editConcept(neuron, text),
          () => {
            show(neuron)
            latest.current.onEdit(neuron, text)
          },
        )
      },
      take: () => {
        const one = shown()
        if (one === null) return
        const { neuron, before } = one
        const text = before.concept.suggestion ?? before.concept.text
        const after = {
          ...before,
          concept: { ...before.concept, text, status: 'suggested' as const, suggestion: null },
        }
        carryOut(begin(one, 'taken'), after, () => latest.current.edits.revertConcept(neuron))
      },
      always: () => pin('always'),
      never: () => pin('never'),
      skip: () => {
        const one = shown()
        const queue = latest.current.now()
        if (one === null || queue === null) return
        const { neuron, before } = one
        const done = begin(one, 'skipped')
        const following = done.place >= 0 && done.place + 1 < queue.length ? queue.at(done.place + 1) : null
        latest.current.move(neuron, -1)
        if (following !== null) show(following)
        const work = async () => {
          const went = await latest.current.action.run(() => client.review.skip({ neuron, skip: true }))
          if (went) say(`Skipped ${neuron}: it comes again at the end`)
          return went
        }
        carryOut(done, before, work, () => {
          latest.current.move(neuron, done.place)
          show(neuron)
        })
      },
      noted: (neuron) => {
        const before = pageOf(neuron)
        if (before !== undefined) begin({ neuron, before }, 'noted')
      },
      undo,
      redo,
      previous: () => step(-1),
      next: () => step(1),
      settled: () => saving.current,
    }
  }, [client, orpc, queries, say])
}

function asTold(label: string): string {
  return `${label.charAt(0).toLowerCase()}${label.slice(1)}`.replace(/\.$/, '')
}
