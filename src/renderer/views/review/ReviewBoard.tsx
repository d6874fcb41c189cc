import { useQuery } from '@tanstack/react-query'
import { use, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { CommandsContext } from '../../app/commands.ts'
import { navigate, useRoute } from '../../app/route.ts'
import { useSay } from '../../app/status.ts'
import { isActive, useJobs, useSettings, useWorkspace } from '../../app/use-workbench.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useDroppedWish, useEditWish } from '../neurons/use-edit-wish.ts'
import { useNeuronEdits } from '../neurons/use-neuron-edits.ts'
import { useAction } from '../neurons/use-action.ts'
import { BulkDialog } from './BulkDialog.tsx'
import { FindDialog } from './FindDialog.tsx'
import { KeyBar } from './KeyBar.tsx'
import { ReviewConcept } from './ReviewConcept.tsx'
import { ReviewersDialog } from './ReviewersDialog.tsx'
import { ReviewHead } from './ReviewHead.tsx'
import { ReviewNeuron } from './ReviewNeuron.tsx'
import { ReviewProgress } from './ReviewProgress.tsx'
import { usePrefetch } from './use-prefetch.ts'
import { useReviewKeys, type ReviewActs } from './use-review-keys.ts'
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
  const registry = use(CommandsContext)
  const say = useSay()
  const route = useRoute()
  const [wishes, setWishes] = useState<ReviewWishes>(firstWishes)
  const settled = useSettled(wishes)
  const { queue, error, isWaiting, again } = useReviewQueue(settled.order, filterOf(settled))
  const session = useReviewSession()
  const edits = useNeuronEdits()
  const editor = useEditWish()
  const ranking = useAction()
  const settings = useSettings().settings
  const reviewer = settings.reviewer ?? 'person'
  const cut = useWorkspace().data?.cut ?? null
  const rankings = useQuery(orpc.rankings.list.queryOptions()).data ?? []
  const isRanking = (useJobs().data ?? []).some((job) => job.kind === 'rank' && isActive(job))
  const stale = rankings.find(({ id }) => id === cut?.ranking)?.stale ?? null
  const [dialog, setDialog] = useState<'find' | 'bulk' | 'reviewers' | null>(null)
  const search = useRef<HTMLInputElement>(null)
  const body = useRef<HTMLDivElement>(null)

  // The neuron at hand is the address; keys come faster than the page is drawn, so the truth is held beside it.
  const shown = route.view === 'review' ? route.arg : null
  const neuron = shown ?? (queue === null || queue.length === 0 ? null : queue.at(0))
  const place = neuron === null || queue === null ? -1 : queue.placeOf(neuron)
  const lastPlace = useRef(0)
  useEffect(() => {
    if (place >= 0) lastPlace.current = place
  }, [place])
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
  // The concept answers a key at once; what is known of the neuron, a thousand tokens, follows.
  const known = useDeferredValue(useKnown(page.data, reviewed.data))
  const isOld = known.page?.neuron !== page.data?.neuron
  const isNamed = page.data !== undefined && page.data.concept.text !== ''
  useDroppedWish(editor, page.error !== null || (editor.wish !== null && editor.wish.neuron !== neuron))

  const show = useCallback((other: string) => {
    navigate('review', other, { replace: true })
    body.current?.scrollTo(0, 0)
  }, [])
  const step = (by: number) => {
    if (queue === null || queue.length === 0) return
    const from = place >= 0 ? place : lastPlace.current - (by > 0 ? 1 : 0)
    const to = from + by
    if (to >= queue.length) say('This is the end of the queue.')
    else if (to < 0) say('This is the beginning of the queue.')
    else show(queue.at(to))
  }
  /** Does something with the neuron at hand and goes on at once; a failure brings it back. */
  const settle = async (work: (neuron: string) => Promise<boolean>, judges: boolean) => {
    if (neuron === null) return
    const at = neuron
    session.did(at, judges)
    if (judges) step(1)
    if (await work(at)) return
    session.undid()
    show(at)
  }
  const acts: ReviewActs = {
    accept: () => (isNamed ? settle((one) => edits.review([one], 'accepted'), true) : undefined),
    reject: () => (isNamed ? settle((one) => edits.review([one], 'rejected'), true) : undefined),
    edit: () => (neuron === null ? undefined : editor.ask(neuron)),
    always: () => settle((one) => edits.pin([one], page.data?.pin === 'always' ? null : 'always'), false),
    never: () => settle((one) => edits.pin([one], page.data?.pin === 'never' ? null : 'never'), false),
    skip: async () => {
      if (neuron === null || queue === null) return
      const at = neuron
      const following = place >= 0 && place + 1 < queue.length ? queue.at(place + 1) : null
      session.did(at, false)
      queue.toEnd(at)
      if (following !== null) show(following)
      await ranking.run(() => client.review.skip({ neuron: at, skip: true }))
      say(`Skipped ${at}: it comes again at the end`)
    },
    undo: () => {
      const back = session.undid()
      registry.run('edit.undo')
      if (back !== null) show(back)
    },
    previous: () => step(-1),
    next: () => step(1),
  }
  useReviewKeys(acts, neuron !== null)
  const focusBody = () => body.current?.focus({ preventScroll: true })

  const total = queue === null ? 0 : queue.reviewed + queue.left
  const done =
    queue === null ? 0 : Math.min(total, queue.reviewed + (settled.status === 'suggested' ? session.judged : 0))
  const failure = edits.action.failure ?? ranking.failure
  const reason = neuron === null ? null : (queue?.reasonOf(neuron) ?? null)
  return (
    <div className={styles.view} data-place={place}>
      <ReviewHead
        ref={search}
        wishes={wishes}
        onWishes={(wanted) => {
          setWishes(wanted)
          navigate('review', null, { replace: true })
        }}
        sites={queue?.sites ?? []}
        reviewer={reviewer}
        onFind={() => setDialog('find')}
        onBulk={() => setDialog('bulk')}
        onReviewers={() => setDialog('reviewers')}
        onDone={focusBody}
      />
      {queue === null ? null : (
        <ReviewProgress
          reviewed={done}
          total={total}
          place={place < 0 ? null : place + 1}
          length={queue.length}
          perMinute={session.perMinute}
          note={queue.note}
          stale={stale}
          isRanking={isRanking}
          onRank={() => void ranking.run(() => client.review.rankAgain())}
          onAgain={() => void again().then(() => navigate('review', null, { replace: true }))}
        />
      )}
      {failure ? (
        <div className={styles.pad}>
          <FailureNote
            failure={failure}
            onRetry={edits.action.failure ? edits.action.retry : ranking.retry}
            onDismiss={edits.action.failure ? edits.action.clear : ranking.clear}
          />
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
            onAll={() => setWishes({ ...firstWishes, order: wishes.order, status: 'all' })}
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
              onSave={(text) => {
                focusBody()
                void settle((one) => edits.editConcept(one, text), true)
              }}
              onTake={() => void settle((one) => edits.revertConcept(one), false)}
              onLeave={focusBody}
            />
            <div className={styles.known} aria-busy={known.page !== page.data} data-old={isOld || undefined}>
              {known.page === undefined ? null : (
                <ReviewNeuron page={known.page} reviewed={known.reviewed} reviewer={reviewer} onGo={goTo} />
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
      <FindDialog
        opened={dialog === 'find'}
        onClose={() => setDialog(null)}
        onGo={(other) => {
          setDialog(null)
          navigate('review', other)
        }}
        onReview={(only) => {
          setDialog(null)
          setWishes({ ...firstWishes, order: wishes.order, status: 'all', only })
          navigate('review', null, { replace: true })
        }}
      />
      <BulkDialog
        opened={dialog === 'bulk'}
        onClose={() => setDialog(null)}
        filter={filterOf(wishes)}
        what={`${statusNames[wishes.status].toLowerCase()}${wishes.text.trim() === '' ? '' : `, with “${wishes.text.trim()}”`}`}
        onDone={() => void again()}
      />
      <ReviewersDialog
        opened={dialog === 'reviewers'}
        onClose={() => setDialog(null)}
        reviewer={reviewer}
        onMerged={() => void again()}
      />
    </div>
  )
}

function goTo(neuron: string): void {
  navigate('review', neuron)
}

/** Page and opinions of one neuron, together. */
function useKnown(page: NeuronPage | undefined, reviewed: ReviewedNeuron | undefined) {
  return useMemo(
    () => ({ page, reviewed: reviewed?.neuron === page?.neuron ? (reviewed ?? null) : null }),
    [page, reviewed],
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
  return { ...wishes, text }
}

function QueueFailure({ error, onRetry }: { error: unknown; onRetry: () => unknown }) {
  const failure = failureOf(error)
  if (failure.kind !== 'not-found') {
    return (
      <div className={styles.pad}>
        <FailureNote failure={failure} onRetry={onRetry} />
      </div>
    )
  }
  return (
    <EmptyState title="Nothing to review yet" action={{ label: 'Go to neurons', run: () => navigate('neurons') }}>
      {failure.message}. Review shows one neuron after the other, with its concept and the texts where it is active.
    </EmptyState>
  )
}

function NothingLeft({
  wishes,
  reviewed,
  isWaiting,
  onAll,
}: {
  wishes: ReviewWishes
  reviewed: number
  isWaiting: boolean
  onAll: () => void
}) {
  if (isWaiting) return null
  const isWhole = wishes.status === 'suggested' && wishes.text.trim() === '' && wishes.site === null
  return (
    <EmptyState
      title={isWhole ? (reviewed > 0 ? 'All reviewed' : 'No concept to review') : 'No neuron matches'}
      action={{ label: 'Show all with a concept', run: onAll }}
    >
      {isWhole
        ? reviewed > 0
          ? `${formatCount(reviewed)} concepts were accepted, rejected or edited.`
          : 'No neuron has a concept yet: explain neurons first.'
        : 'Other words, another status or another site may find some.'}
    </EmptyState>
  )
}
