import { useQuery } from '@tanstack/react-query'
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { namelessReviewer } from '../../../contract/workbench/call.ts'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { NeuronSimulations, ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { navigate, useRoute } from '../../app/route.ts'
import { useSettings } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useDroppedWish, useEditWish } from '../neurons/use-edit-wish.ts'
import { useNeuronEdits } from '../neurons/use-neuron-edits.ts'
import { useAction } from '../neurons/use-action.ts'
import { BulkDialog } from './BulkDialog.tsx'
import { FindDialog } from './FindDialog.tsx'
import { KeyBar } from './KeyBar.tsx'
import { NothingLeft, QueueFailure } from './NothingToReview.tsx'
import { ReviewConcept } from './ReviewConcept.tsx'
import { ReviewersDialog } from './ReviewersDialog.tsx'
import { ReviewHead } from './ReviewHead.tsx'
import { ReviewNeuron } from './ReviewNeuron.tsx'
import { ReviewProgress } from './ReviewProgress.tsx'
import { usePrefetch } from './use-prefetch.ts'
import { useReviewActs } from './use-review-acts.ts'
import { useReviewKeys } from './use-review-keys.ts'
import { useReviewQueue } from './use-review-queue.ts'
import { useReviewSession } from './use-session.ts'
import { filterOf, firstWishes, statusNames, type ReviewWishes } from './wishes.ts'
import styles from './review.module.css'

/** Pages fetched ahead. */
const ahead = 3
/** How long typing must rest before the queue follows, in milliseconds. */
const typingPause = 250

/** One neuron after the other, by single keys. */
export function ReviewBoard() {
  const { client, orpc } = useRpc()
  const route = useRoute()
  const [wishes, setWishes] = useState<ReviewWishes>(firstWishes)
  const settled = useSettled(wishes)
  const filter = useMemo(() => filterOf(settled), [settled])
  const { queue, error, isWaiting, again, now, move } = useReviewQueue(settled.order, filter)
  const session = useReviewSession()
  const edits = useNeuronEdits()
  const editor = useEditWish()
  const action = useAction()
  const reviewer = useSettings().settings.reviewer ?? namelessReviewer
  const [dialog, setDialog] = useState<'find' | 'bulk' | 'reviewers' | null>(null)
  const [typed, setTyped] = useState<{ neuron: string; text: string } | null>(null)
  const body = useRef<HTMLDivElement>(null)

  const shown = route.view === 'review' ? route.arg : null
  const neuron = shown ?? (queue === null || queue.length === 0 ? null : queue.at(0))
  const place = neuron === null || queue === null ? -1 : queue.placeOf(neuron)
  const next = queue === null || place < 0 ? [] : placesAfter(place, queue.length).map((at) => queue.at(at))
  usePrefetch(next)

  const page = useQuery({
    ...orpc.neurons.page.queryOptions({ input: { neuron: neuron ?? '' } }),
    enabled: neuron !== null,
  })
  const reviewed = useQuery({
    ...orpc.review.neuron.queryOptions({ input: { neuron: neuron ?? '' } }),
    enabled: neuron !== null,
  })
  const simulated = useQuery({
    ...orpc.review.simulations.queryOptions({ input: { neuron: neuron ?? '' } }),
    enabled: neuron !== null,
  })
  // The concept answers a key at once; what is known of the neuron, a thousand tokens, follows.
  const known = useDeferredValue(useKnown(page.data, reviewed.data, simulated.data))
  const isOld = known.page?.neuron !== page.data?.neuron
  useDroppedWish(editor, page.error !== null || (editor.wish !== null && editor.wish.neuron !== neuron))

  const acts = useReviewActs({
    now,
    move,
    again,
    session,
    edits,
    action,
    onEdit: (wanted, text) => {
      if (text !== null) setTyped({ neuron: wanted, text })
      editor.ask(wanted)
    },
    onShow: () => body.current?.scrollTo(0, 0),
  })
  useReviewKeys(acts, neuron !== null)
  const focusBody = useCallback(() => body.current?.focus({ preventScroll: true }), [])
  const wish = useCallback((wanted: ReviewWishes) => {
    setWishes(wanted)
    navigate('review', null, { replace: true })
  }, [])
  const refresh = useCallback(async () => {
    await acts.settled()
    await again()
  }, [acts, again])
  const start = useCallback(async () => {
    await refresh()
    navigate('review', null, { replace: true })
  }, [refresh])
  const { run } = action
  const rank = useCallback(() => void run(() => client.review.rankAgain()), [client, run])
  const close = useCallback(() => setDialog(null), [])
  const goFound = useCallback((other: string) => {
    setDialog(null)
    navigate('review', other)
  }, [])
  const { order } = wishes
  const reviewFound = useCallback(
    (only: ReviewWishes['only']) => {
      setDialog(null)
      wish({ ...firstWishes, order, status: 'all', only })
    },
    [order, wish],
  )
  const forget = useCallback(() => setTyped(null), [])
  const save = (text: string) => {
    setTyped(null)
    focusBody()
    if (neuron !== null) acts.save(neuron, text)
  }

  const done = queue === null ? 0 : queue.reviewed + session.judgedIn(queue.answer)
  const failed = edits.action.failure ? edits.action : action.failure ? action : null
  const reason = neuron === null ? null : (queue?.reasonOf(neuron) ?? null)
  const isNamed = page.data !== undefined && page.data.concept.text !== ''
  return (
    <div className={styles.view} data-place={place}>
      <ReviewHead
        wishes={wishes}
        onWishes={wish}
        sites={useSame(queue?.sites)}
        reviewer={reviewer}
        onDialog={setDialog}
        onDone={focusBody}
      />
      {queue === null ? null : (
        <ReviewProgress
          reviewed={done}
          total={queue.reviewed + queue.left}
          place={place < 0 ? null : place + 1}
          length={queue.length}
          perMinute={session.perMinute}
          note={queue.note}
          onRank={rank}
          onAgain={start}
        />
      )}
      {failed?.failure ? (
        <div className={styles.pad}>
          <FailureNote failure={failed.failure} onRetry={failed.retry} onDismiss={failed.clear} />
        </div>
      ) : null}
      <div className={styles.body} ref={body} tabIndex={-1} aria-label={neuron ?? 'No neuron'} role="group">
        {error && queue === null ? (
          <QueueFailure error={error} onRetry={again} />
        ) : queue === null ? (
          <div className={styles.pad}>
            <ProgressLine label="Putting the queue in order" />
          </div>
        ) : neuron === null ? (
          <NothingLeft
            wishes={wishes}
            reviewed={done}
            isWaiting={isWaiting}
            onAll={() => setWishes({ ...firstWishes, order, status: 'all' })}
          />
        ) : page.error ? (
          <div className={styles.pad}>
            <FailureNote failure={failureOf(page.error)} onRetry={() => page.refetch()} />
          </div>
        ) : page.data === undefined ? (
          <div className={styles.pad}>
            <ProgressLine label={`Reading ${neuron}`} />
          </div>
        ) : (
          <>
            <ReviewConcept
              page={page.data}
              reviewed={reviewed.data ?? null}
              reason={reason}
              wishes={editor}
              typed={typed?.neuron === neuron ? typed.text : null}
              onSave={save}
              onTake={acts.take}
              onLeave={() => {
                forget()
                focusBody()
              }}
            />
            <div
              className={styles.known}
              data-known={known.page?.neuron}
              aria-busy={known.page !== page.data}
              data-old={isOld || undefined}
            >
              {known.page === undefined ? null : (
                <ReviewNeuron {...known} page={known.page} reviewer={reviewer} onGo={goTo} onNoted={acts.noted} />
              )}
            </div>
          </>
        )}
      </div>
      <p className="visually-hidden" role="status">
        {page.data === undefined
          ? ''
          : `${page.data.neuron}, ${reason ?? 'not in this queue'}: ${page.data.concept.text === '' ? 'no concept' : page.data.concept.text}`}
      </p>
      <KeyBar
        acts={acts}
        has={neuron !== null}
        isNamed={isNamed}
        status={page.data?.concept.status ?? null}
        pin={page.data?.pin ?? null}
      />
      <Find opened={dialog === 'find'} onClose={close} onGo={goFound} onReview={reviewFound} />
      <Bulk
        opened={dialog === 'bulk'}
        onClose={close}
        filter={filter}
        what={`${statusNames[wishes.status].toLowerCase()}${wishes.text.trim() === '' ? '' : `, with “${wishes.text.trim()}”`}`}
        onDone={refresh}
      />
      <Reviewers opened={dialog === 'reviewers'} onClose={close} reviewer={reviewer} onMerged={refresh} />
    </div>
  )
}

// A key draws the board several times: what it does not change is not drawn with it.
const Find = memo(FindDialog)
const Bulk = memo(BulkDialog)
const Reviewers = memo(ReviewersDialog)

/** The same list for as long as it says the same. */
function useSame(list: readonly string[] = []): readonly string[] {
  const key = list.join(' ')
  return useMemo(() => key.split(' ').filter(Boolean), [key])
}

function goTo(neuron: string): void {
  navigate('review', neuron)
}

/** Page, opinions and simulations of one neuron, together. */
function useKnown(
  page: NeuronPage | undefined,
  reviewed: ReviewedNeuron | undefined,
  simulated: NeuronSimulations | undefined,
) {
  return useMemo(
    () => ({
      page,
      reviewed: reviewed?.neuron === page?.neuron ? (reviewed ?? null) : null,
      simulated: simulated?.neuron === page?.neuron ? (simulated ?? null) : null,
    }),
    [page, reviewed, simulated],
  )
}

function placesAfter(place: number, length: number): number[] {
  return Array.from({ length: ahead }, (_, at) => place + 1 + at).filter((at) => at < length)
}

/** The wishes once typing rests; a choice takes effect at once. */
function useSettled(wishes: ReviewWishes): ReviewWishes {
  const [text, setText] = useState(wishes.text)
  useEffect(() => {
    if (text === wishes.text) return
    const timer = window.setTimeout(() => setText(wishes.text), typingPause)
    return () => window.clearTimeout(timer)
  }, [text, wishes.text])
  return useMemo(() => ({ ...wishes, text }), [wishes, text])
}
