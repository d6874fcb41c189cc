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
import type { ReviewSession, ReviewStep } from './use-session.ts'

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
  /** Resolves when all that was done is saved. */
  readonly settled: () => Promise<unknown>
}

/**
 * What the keys do. The next neuron is shown at once; what was done is saved behind, one after the other, so that an undo never
 * overtakes what it takes back. What could not be saved is taken back on the screen, which returns to it. The functions stay the same:
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
    const saved = () => {
      waits.current.count--
      if (waits.current.count === 0) waits.current.timer = window.setTimeout(() => said.current.clear(), saidFor)
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
    const undo = async () => {
      const back = latest.current.session.undid()
      if (back !== null) {
        put(back.before)
        if (back.kind === 'skipped') latest.current.move(back.neuron, back.place)
        show(back.neuron)
      }
      await saveNext(() =>
        latest.current.action.run(async () => {
          const { did } = await client.workspace.undo()
          const page = back === null ? undefined : said.current.get(back.neuron)
          if (page !== undefined) put(page)
          // A later queue has counted what is taken back.
          if (back !== null && back.queue !== (latest.current.now()?.answer ?? null)) void latest.current.again()
          say(did === null ? 'There is nothing to undo.' : `Undone: ${did[0]?.toLowerCase()}${did.slice(1)}.`)
        }),
      )
    }
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
      undo,
      previous: () => step(-1),
      next: () => step(1),
      settled: () => saving.current,
    }
  }, [client, orpc, queries, say])
}
