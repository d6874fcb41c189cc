import { Button, Textarea } from '@mantine/core'
import { useRef, useState } from 'react'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { TokenText } from '../../components/TokenText.tsx'
import { formatNumber } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

interface Answer {
  readonly neuron: string
  readonly pieces: readonly string[]
  readonly activations: readonly number[]
}

/** Tokens drawn at once; more stay one click away, so that a long text does not freeze the page. */
const mostTokens = 512

/** Runs any text through the model and shades it by this neuron. The text stays when one goes to another neuron. */
export function TestText({ neuron }: { neuron: string }) {
  const { client } = useRpc()
  const action = useAction()
  const [text, setText] = useState('')
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [shown, setShown] = useState(mostTokens)
  const stop = useRef<AbortController | null>(null)

  async function test() {
    stop.current?.abort()
    const controller = new AbortController()
    stop.current = controller
    await action.run(async () => {
      const result = await client.neurons.testText({ neuron, text }, { signal: controller.signal })
      if (controller.signal.aborted) return
      setShown(mostTokens)
      setAnswer({ neuron, ...result })
    })
  }

  const isOld = answer !== null && answer.neuron !== neuron
  let max = 0
  if (answer) for (const value of answer.activations) if (value > max) max = value
  return (
    <div className={styles.test}>
      <Textarea
        aria-label="A text of your own"
        placeholder="Type or paste a text"
        autosize
        minRows={2}
        maxRows={8}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void test()
        }}
      />
      <div className={styles.actions}>
        <Button variant="default" disabled={text === ''} loading={action.busy} onClick={() => void test()}>
          Show activations of {neuron}
        </Button>
        {action.busy ? (
          <Button variant="subtle" color="gray" onClick={() => stop.current?.abort()}>
            Stop
          </Button>
        ) : null}
      </div>
      {action.failure ? <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} /> : null}
      {action.busy ? <ProgressLine label="Running the text" /> : null}
      {answer && !isOld ? (
        <>
          <TokenText
            pieces={answer.pieces.slice(0, shown)}
            activations={answer.activations.slice(0, shown)}
            scale={max}
            context="full"
            lineBreaks
            place="Your text"
          />
          <p className={styles.soft}>
            {answer.pieces.length} tokens, largest activation {formatNumber(max)}
          </p>
          {answer.pieces.length > shown ? (
            <Button variant="subtle" onClick={() => setShown(shown + mostTokens)}>
              Show {Math.min(mostTokens, answer.pieces.length - shown)} more tokens
            </Button>
          ) : null}
        </>
      ) : null}
    </div>
  )
}
