import { Button, Modal, Popover, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Pin } from '../../../contract/workbench/neurons.ts'
import type { RankingInfo } from '../../../contract/workbench/rankings.ts'
import { useCommand } from '../../app/commands.ts'
import { notifyFailure } from '../../app/notify.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { describeK, kOfPercent } from '../../components/top-k-scale.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { MeasureForm } from '../compare/MeasureForm.tsx'
import { useNeuronColumns } from '../neurons/use-neuron-columns.ts'
import { AtTheCut } from './AtTheCut.tsx'
import { JobFollow } from './JobFollow.tsx'
import { LayerBars } from './LayerBars.tsx'
import { PreviewColumn } from './PreviewColumn.tsx'
import { RankingForm } from './RankingForm.tsx'
import { rankingLabel } from './ranking-labels.ts'
import { RankingList } from './RankingList.tsx'
import { SavePlanForm } from './SavePlanForm.tsx'
import { SliderSection } from './SliderSection.tsx'
import { SweepForm } from './SweepForm.tsx'
import { useCut } from './use-cut.ts'
import { countLayers, usePruningOrder } from './use-order.ts'
import { usePreview } from './use-preview.ts'
import shapes from '../../components/shapes.module.css'
import styles from './prune.module.css'

type Dialog =
  | { readonly kind: 'rank'; readonly from: RankingInfo | null }
  | { readonly kind: 'sweep' | 'measure' | 'save' }

/** Ranks neurons, chooses how many go, and shows at every move what that does. */
export function View() {
  const { orpc } = useRpc()
  const rankings = useQuery(orpc.rankings.list.queryOptions())
  // Asked for before the form opens, so that the form is whole when the focus goes into it.
  useQuery(orpc.rankings.methods.queryOptions())
  const [dialog, setDialog] = useState<Dialog | null>(null)
  const { cut, move, commit, failure, retry } = useCut()
  const list = rankings.data ?? []
  const ranking = list.find((one) => one.id === cut?.ranking) ?? list[0] ?? null
  const again = (from: RankingInfo | null) => setDialog({ kind: 'rank', from })
  useCommand({
    id: 'action.rank',
    title: 'Rank neurons',
    group: 'Rank and prune',
    run: () => again(list.find((one) => one.stale !== null) ?? null),
  })
  useCommand({ id: 'action.new-ranking', title: 'New ranking', hidden: true, run: () => again(null) })

  if (rankings.error) return <FailureNote failure={failureOf(rankings.error)} onRetry={() => rankings.refetch()} />
  if (!rankings.data) return <p className={styles.notes}>Reading the rankings</p>
  return (
    <div className={shapes.scrolled}>
      {ranking ? (
        <Board
          ranking={ranking}
          rankings={list}
          k={cut?.ranking === ranking.id ? cut.k : null}
          onMove={(k) => move({ ranking: ranking.id, k })}
          onCommit={(k) => commit({ ranking: ranking.id, k })}
          onUse={(next, k) => commit({ ranking: next.id, k })}
          onDialog={setDialog}
          cutFailure={failure && <FailureNote failure={failure} onRetry={retry} />}
        />
      ) : (
        <>
          <div className={styles.notes}>
            <JobFollow kind="rank" />
          </div>
          <EmptyState title="No ranking yet" action={{ label: 'Choose a method', run: () => again(null) }}>
            A ranking orders the neurons by how much they have to do with what should be forgotten. The slider then
            chooses how many of them go.
          </EmptyState>
        </>
      )}
      <Modal
        opened={dialog?.kind === 'rank'}
        onClose={() => setDialog(null)}
        title={dialog?.kind === 'rank' && dialog.from ? `Rank again: ${dialog.from.name}` : 'New ranking'}
        size={560}
      >
        {dialog?.kind === 'rank' && <RankingForm from={dialog.from} onStarted={() => setDialog(null)} />}
      </Modal>
      {ranking && (
        <PlanDialogs
          ranking={ranking}
          rankings={list}
          k={cut?.k ?? 0}
          dialog={dialog}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  )
}

function pinnedFirst(count: number): string {
  return `${formatCount(count)} pinned ${count === 1 ? 'stands' : 'stand'} first`
}

function PlanDialogs({
  ranking,
  rankings,
  k,
  dialog,
  onClose,
}: {
  ranking: RankingInfo
  rankings: readonly RankingInfo[]
  k: number
  dialog: Dialog | null
  onClose: () => void
}) {
  const plan = { kind: 'cut', ranking: ranking.id, k } as const
  const title = `${ranking.name}, ${describeK(k, ranking.neuronCount)}`
  return (
    <>
      <Modal opened={dialog?.kind === 'sweep'} onClose={onClose} title="Sweep k" size={480}>
        <SweepForm rankings={rankings} inUse={ranking.id} onStarted={onClose} />
      </Modal>
      <Modal opened={dialog?.kind === 'measure'} onClose={onClose} title="Measure fully" size={480}>
        <MeasureForm plan={plan} title={title} onStarted={onClose} />
      </Modal>
      <Modal opened={dialog?.kind === 'save'} onClose={onClose} title="Save plan" size={480}>
        <SavePlanForm plan={plan} suggestion={`${ranking.name}, k = ${k}`} onSaved={onClose} />
      </Modal>
    </>
  )
}

function Board({
  ranking,
  rankings,
  k: chosenK,
  onMove,
  onCommit,
  onUse,
  onDialog,
  cutFailure,
}: {
  ranking: RankingInfo
  rankings: readonly RankingInfo[]
  /** Null before a cut was chosen: then the view begins at 2 %, and keeps nothing until it is touched. */
  k: number | null
  onMove: (k: number) => void
  onCommit: (k: number) => void
  onUse: (ranking: RankingInfo, k: number) => void
  onDialog: (dialog: Dialog) => void
  cutFailure: React.ReactNode
}) {
  const { client, orpc } = useRpc()
  const [allShown, setAllShown] = useState(false)
  const sweeps = useQuery(orpc.sweeps.list.queryOptions())
  const order = usePruningOrder(ranking.id)
  const columns = useNeuronColumns()
  const wanted = chosenK ?? kOfPercent(2, ranking.neuronCount, ranking.ranked)
  const k = order.data ? Math.min(wanted, order.data.rows.length) : wanted
  const counter = useMemo(
    () => (order.data && columns.data ? countLayers(order.data, columns.data.layout) : null),
    [order.data, columns.data],
  )
  const preview = usePreview(ranking.id, k, order.data?.revision ?? -1)
  const pin = useMemo(
    () => (neuron: string, to: Pin | null) => void act(() => client.neurons.pin({ neurons: [neuron], pin: to })),
    [client],
  )
  return (
    <>
      <div className={styles.bar}>
        <h1>Rank and prune</h1>
        <Select
          aria-label="Ranking in use"
          title={ranking.name}
          data={rankings.map((one) => ({
            value: one.id,
            label: `${rankingLabel(one.name)}${one.stale === null ? '' : ' (out of date)'}`,
          }))}
          value={ranking.id}
          onChange={(id) => {
            const next = rankings.find((one) => one.id === id)
            if (next) onUse(next, Math.min(k, next.ranked))
          }}
          w={280}
        />
        <Button variant="default" onClick={() => onDialog({ kind: 'rank', from: null })}>
          New ranking
        </Button>
        <Popover
          opened={allShown}
          onChange={setAllShown}
          position="bottom-start"
          width="min(920px, 90vw)"
          trapFocus
          returnFocus
        >
          <Popover.Target>
            <Button variant="subtle" color="gray" onClick={() => setAllShown(!allShown)}>
              {rankings.length === 1 ? '1 ranking' : `All ${formatCount(rankings.length)} rankings`}
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            <div className={styles.rankingBox} tabIndex={0} role="region" aria-label="Rankings">
              <RankingList
                rankings={rankings}
                inUse={ranking.id}
                onUse={(next) => onUse(next, Math.min(k, next.ranked))}
                onAgain={(from) => {
                  setAllShown(false)
                  onDialog({ kind: 'rank', from })
                }}
                onRemove={(one) => void act(() => client.rankings.remove({ id: one.id }))}
              />
            </div>
          </Popover.Dropdown>
        </Popover>
        <span className={styles.push} />
        <Button variant="default" onClick={() => onDialog({ kind: 'sweep' })}>
          Sweep k
        </Button>
        <Button variant="default" onClick={() => onDialog({ kind: 'save' })}>
          Save plan
        </Button>
        <Button onClick={() => onDialog({ kind: 'measure' })}>Measure fully</Button>
      </div>
      <div className={styles.notes}>
        {ranking.stale !== null && (
          <FailureNote
            tone="warn"
            failure={{
              message: `This ranking is out of date: ${ranking.stale}.`,
              remedy: 'What was measured with it stays as it was.',
            }}
            onRetry={() => onDialog({ kind: 'rank', from: ranking })}
            retryLabel="Rank again"
          />
        )}
        <JobFollow kind="rank" />
        <JobFollow kind="sweep" />
        <JobFollow kind="measure" />
        {cutFailure}
        {order.error && <FailureNote failure={failureOf(order.error)} onRetry={() => order.refetch()} />}
        {columns.error && <FailureNote failure={failureOf(columns.error)} onRetry={() => columns.refetch()} />}
      </div>
      {order.data && (
        <SliderSection
          ranking={ranking.id}
          order={order.data}
          sweeps={sweeps.data ?? []}
          k={k}
          onMove={onMove}
          onCommit={onCommit}
        />
      )}
      <div className={styles.columns}>
        <section className={styles.column} aria-label="What goes, by layer" tabIndex={0}>
          <div className={styles.columnHead}>
            <h2>What goes, by layer</h2>
          </div>
          {counter && <LayerBars counter={counter} k={k} />}
        </section>
        <section className={styles.column} aria-label="At the cut" tabIndex={0}>
          <div className={styles.columnHead}>
            <h2>At the cut</h2>
            {order.data && order.data.pinnedAlways > 0 && (
              <span className={styles.quiet}>{pinnedFirst(order.data.pinnedAlways)}</span>
            )}
          </div>
          {order.data && columns.data && <AtTheCut order={order.data} columns={columns.data} k={k} onPin={pin} />}
          {columns.data === null && <p className={styles.quiet}>Record the model to see its neurons here.</p>}
        </section>
        <section className={styles.column} aria-label="Preview" tabIndex={0}>
          <PreviewColumn preview={preview} k={k} onRetry={preview.again} />
        </section>
      </div>
    </>
  )
}

/** Does something small whose failure has no place of its own. */
async function act(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    notifyFailure(failureOf(error))
  }
}
