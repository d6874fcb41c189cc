import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { differences, differenceScale } from '../../components/difference-scale.ts'
import { DifferenceLegend, DifferenceText, type DifferenceToken, readToken } from '../../components/DifferenceText.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { SideColumns } from './SideColumns.tsx'
import type { Generation } from './use-generations.ts'
import styles from './compare.module.css'

/** How likely both models find each token of both texts: shaded by the difference, on one scale for both sides. */
export function Differences({
  prompt,
  generation,
  plan,
}: {
  prompt: string
  generation: Generation | null
  plan: PlanChoice | null
}) {
  const original = prompt + (generation?.original ?? '')
  const unlearned = prompt + (generation?.unlearned ?? '')
  const left = useTokens(original, plan)
  const right = useTokens(unlearned, plan)
  const [read, setRead] = useState<DifferenceToken | null>(null)
  const scale = useMemo(
    () => differenceScale(left.tokens.map(differenceOf), right.tokens.map(differenceOf)),
    [left.tokens, right.tokens],
  )
  const error = left.error ?? right.error
  if (plan === null) return <p className={styles.hint}>Choose a cut in Rank and prune first.</p>
  if (error) {
    const retry = () => {
      left.refetch()
      right.refetch()
    }
    const failure = failureOf(error)
    // A text that is too long stays so.
    return <FailureNote failure={failure} onRetry={failure.kind === 'bad-argument' ? undefined : retry} />
  }
  return (
    <>
      <SideColumns
        original={original}
        unlearned={unlearned}
        left={
          left.ready ? (
            <DifferenceText label="Text of the original" tokens={left.tokens} scale={scale} onRead={setRead} />
          ) : (
            <p className={styles.hint}>Reading the probabilities</p>
          )
        }
        right={
          right.ready ? (
            <DifferenceText label="Text of the unlearned" tokens={right.tokens} scale={scale} onRead={setRead} />
          ) : (
            <p className={styles.hint}>Reading the probabilities</p>
          )
        }
      />
      <div className={styles.stageFoot}>
        <DifferenceLegend scale={scale} />
        <span className={styles.readout}>{read ? readToken(read) : 'Point at a token for its numbers.'}</span>
        {left.ready && (
          <CopyButton wide text={() => tokenLines(left.tokens)} label="Copy the numbers of the original's text" />
        )}
        {right.ready && unlearned !== original && (
          <CopyButton wide text={() => tokenLines(right.tokens)} label="Copy the numbers of the unlearned's text" />
        )}
      </div>
    </>
  )
}

function differenceOf(token: DifferenceToken): number | null {
  return token.difference
}

/** All digits, one line per token with tabs between: token, original, unlearned and their difference, in nats. */
function tokenLines(tokens: readonly DifferenceToken[]): string {
  const lines = tokens.map(({ piece, original, unlearned, difference }) =>
    [JSON.stringify(piece), original ?? '', unlearned ?? '', difference ?? ''].join('\t'),
  )
  return ['token\toriginal, nats\tunlearned, nats\tdifference, nats', ...lines].join('\n')
}

const noTokens: readonly DifferenceToken[] = []

function useTokens(text: string, plan: PlanChoice | null) {
  const { orpc } = useRpc()
  const query = useQuery(
    orpc.compare.logprobs.queryOptions({ input: { text, plan: plan ?? { kind: 'none' } }, enabled: plan !== null }),
  )
  const { data } = query
  const tokens = useMemo(() => {
    if (!data) return noTokens
    const changes = differences(data.original, data.unlearned)
    return data.pieces.map((piece, index) => ({
      piece,
      original: data.original[index] ?? null,
      unlearned: data.unlearned[index] ?? null,
      difference: changes[index] ?? null,
    }))
  }, [data])
  return { tokens, ready: data !== undefined, error: query.error, refetch: () => void query.refetch() }
}
