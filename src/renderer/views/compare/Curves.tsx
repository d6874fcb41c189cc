import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useSay } from '../../app/status.ts'
import { notifyFailure } from '../../app/notify.ts'
import { curveChoices, type CurveSeries, firstChoices, seriesOf } from '../../components/curve-data.ts'
import { CurveChart } from '../../components/CurveChart.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { TradeOff } from '../../components/TradeOff.tsx'
import { pointOfRun, pointsOfSweep } from '../../components/trade-off-data.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { JobFollow } from '../prune/JobFollow.tsx'
import { MeasureSelects } from '../prune/MeasureSelects.tsx'
import { useWorkspace } from '../../app/use-workbench.ts'
import { navigate } from '../../app/route.ts'
import shapes from '../../components/shapes.module.css'
import styles from './compare.module.css'

/** Curves over k of a sweep, and the plane of what forgetting costs; a point of either can become the cut in use. */
export function Curves() {
  const { client, orpc } = useRpc()
  const say = useSay()
  const query = useQuery(orpc.sweeps.list.queryOptions())
  const runs = useQuery(orpc.runs.list.queryOptions()).data
  const rankings = useQuery(orpc.rankings.list.queryOptions()).data ?? []
  const cut = useWorkspace().data?.cut ?? null
  const [wanted, setWanted] = useState<string | null>(null)
  const [chosen, setChosen] = useState<{ forget: string | null; retain: string | null }>({ forget: null, retain: null })
  const sweeps = useMemo(() => [...(query.data ?? [])].sort((a, b) => b.at - a.at), [query.data])
  const ofCut = sweeps.find((one) => one.points.some((point) => point.rankingId === cut?.ranking))
  const sweep = sweeps.find((one) => one.id === wanted) ?? ofCut ?? sweeps[0] ?? null
  const choices = useMemo(() => curveChoices(sweep?.points ?? []), [sweep])
  const first = firstChoices(choices)
  const forget = choices.find((choice) => choice.key === chosen.forget) ?? first.forget
  const retain = choices.find((choice) => choice.key === chosen.retain) ?? first.retain
  const points = useMemo(() => {
    if (!sweep || !forget || !retain) return []
    const measured = (runs ?? []).flatMap((run) => pointOfRun(run, forget, retain) ?? [])
    return [...pointsOfSweep(sweep.points, forget, retain), ...measured]
  }, [sweep, runs, forget, retain])

  const adopt = async (ranking: string | null, k: number) => {
    if (ranking === null) return
    try {
      await client.workspace.setCut({ ranking, k })
      say(`The cut in use is now k = ${formatCount(k)}`)
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  const title = 'Curves and trade-off'
  if (query.error) {
    return (
      <Section title={title}>
        <FailureNote failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      </Section>
    )
  }
  if (!sweep) {
    return (
      <Section title={title}>
        <JobFollow kind="sweep" />
        <p className={styles.quiet}>
          {query.data
            ? 'No sweep yet: it measures a ranking at many k, beside a random control. '
            : 'Reading the sweeps'}
          {query.data && (
            <Button size="compact-sm" variant="default" onClick={() => navigate('prune')}>
              Open rank and prune
            </Button>
          )}
        </p>
      </Section>
    )
  }
  const neuronCount = rankings.find((one) => one.id === cut?.ranking)?.neuronCount ?? neuronsOf(sweep.points)
  const onUse = (k: number, series: CurveSeries) => void adopt(series.ranking, k)
  return (
    <Section title={title} note={sweep.title}>
      <JobFollow kind="sweep" />
      {sweep.stale !== null && (
        <FailureNote tone="warn" failure={{ message: `These curves are out of date: ${sweep.stale}.` }} />
      )}
      <div className={styles.choices}>
        {sweeps.length > 1 && (
          <div className={shapes.labelled}>
            Sweep
            <Select
              aria-label="Sweep"
              data={sweeps.map((one) => ({ value: one.id, label: one.title }))}
              value={sweep.id}
              onChange={(id) => {
                setWanted(id)
                setChosen({ forget: null, retain: null })
              }}
              w={260}
            />
          </div>
        )}
        <MeasureSelects
          choices={choices}
          forget={forget}
          retain={retain}
          onChange={(change) => setChosen({ ...chosen, ...change })}
        />
      </div>
      <div className={styles.charts}>
        <div>
          {[forget, retain].map(
            (choice, index) =>
              choice && (
                <CurveChart
                  key={index === 0 ? 'forget' : 'retain'}
                  title={`${index === 0 ? 'Forget' : 'Retain'}: ${choice.name}`}
                  series={seriesOf(sweep.points, choice)}
                  neuronCount={neuronCount}
                  k={cut?.k ?? null}
                  onUse={onUse}
                />
              ),
          )}
        </div>
        {forget && retain && (
          <TradeOff
            points={points}
            forgetEstimator={forget.estimator}
            retainEstimator={retain.estimator}
            forgetName={forget.name}
            retainName={retain.name}
            onUse={(point) => void adopt(point.ranking, point.k)}
          />
        )}
      </div>
    </Section>
  )
}

/** All neurons of the ranked sites, from a point's count and its percent. */
function neuronsOf(points: readonly { k: number; percent: number }[]): number {
  const point = points.find((one) => one.percent > 0)
  return point ? Math.round((100 * point.k) / point.percent) : 0
}
