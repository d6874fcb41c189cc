import type { EstimateInfo } from '../../contract/workbench/explaining.ts'
import { formatCount, formatDuration } from './numbers.ts'
import styles from './components.module.css'

/** What a piece of work would send, to whom, and what it costs at most: told before anything leaves. */
export function EstimateNote({
  estimate,
  what,
  runsHere = false,
  leaves = estimate.calls > 0,
  leftOut = 0,
}: {
  estimate: EstimateInfo
  /** What leaves, with a verb in the plural behind it: "Samples of the data". */
  what: string
  /** The model is one in a folder, which our own engine runs. */
  runsHere?: boolean
  leaves?: boolean
  /** Neurons that are not asked about because their answer was no concept. */
  leftOut?: number
}) {
  const { host, model } = estimate
  return (
    <div className={styles.note} data-tone={leaves && !runsHere ? 'warn' : 'plain'} role="status">
      <div className={styles.noteBody}>
        <p>
          {runsHere ? (
            <>
              0 requests leave this machine: <strong>{model}</strong> runs here.
            </>
          ) : leaves ? (
            <>
              {what} {isOwnMachine(host) ? 'go to the server on this machine,' : 'leave this machine for'}{' '}
              <strong>{host}</strong> ({model}).
            </>
          ) : (
            <>Nothing leaves this machine: all of it is answered already.</>
          )}
        </p>
        <p>{partsOf(estimate, runsHere).join('; ')}.</p>
        {leftOut > 0 && (
          <p>
            {formatCount(leftOut)} {leftOut === 1 ? 'neuron' : 'neurons'} whose answer was no concept{' '}
            {leftOut === 1 ? 'is' : 'are'} left out.
          </p>
        )}
      </div>
    </div>
  )
}

/** A server of one's own, by its name or its address. */
function isOwnMachine(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(host)
}

function partsOf(estimate: EstimateInfo, runsHere: boolean): string[] {
  const { calls, answered, promptTokens, mostCompletionTokens, mostCost, seconds, tokenizer } = estimate
  if (calls === 0 && answered > 0)
    return [`${formatCount(answered)} ${answered === 1 ? 'answer is' : 'answers are'} kept already`]
  const counted = tokenizer.exact ? '' : ' (counted as another model counts them)'
  const answers = mostCompletionTokens > 0 ? ` and at most ${formatCount(mostCompletionTokens)} in the answers` : ''
  const cost =
    mostCost === null
      ? 'no price is known for this model'
      : mostCost === 0
        ? 'free of charge'
        : `at most $${mostCost.toFixed(mostCost < 1 ? 4 : 2)}`
  const time = seconds === null ? null : `${runsHere ? 'at most ' : ''}about ${formatDuration(seconds)}`
  return [
    `${formatCount(calls)} ${calls === 1 ? 'call' : 'calls'}${
      answered > 0 ? `, ${formatCount(answered)} more are answered already` : ''
    }`,
    `${formatCount(promptTokens)} tokens${counted}${answers}`,
    ...(runsHere ? [] : [cost]),
    ...(time === null ? [] : [time]),
  ]
}
