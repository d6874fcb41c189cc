import { Button, NumberInput, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useSay } from '../../app/status.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { KeyHint } from '../../components/KeyHint.tsx'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import shapes from '../../components/shapes.module.css'
import styles from './model.module.css'

interface Written {
  readonly prompt: string
  readonly text: string
  readonly tokens: number
  readonly seconds: number
  readonly end: 'writing' | 'done' | 'stopped' | 'failed'
}

const longestPrompt = 1_000_000

/** Continues a prompt, token by token. Stop answers at once; a failure leaves prompt and settings as they were. */
export function Playground({ isUsable, contextLength }: { isUsable: boolean; contextLength: number | null }) {
  const { client } = useRpc()
  const say = useSay()
  const action = useAction()
  const [prompt, setPrompt] = useState('Once upon a time')
  const [maxNewTokens, setMaxNewTokens] = useState<number | string>(48)
  const [temperature, setTemperature] = useState<number | string>(0)
  const [seed, setSeed] = useState<number | string>(1)
  const [written, setWritten] = useState<Written | null>(null)
  const stop = useRef<AbortController | null>(null)
  const isWriting = written?.end === 'writing'
  const isReady =
    isUsable && prompt !== '' && [maxNewTokens, temperature, seed].every((value) => typeof value === 'number')

  useEffect(() => () => stop.current?.abort(), [])

  function end(how: 'stopped' | 'failed') {
    setWritten((held) => (held?.end === 'writing' ? { ...held, end: how } : held))
  }

  async function write() {
    if (!isReady) return
    stop.current?.abort()
    const controller = new AbortController()
    stop.current = controller
    const { signal } = controller
    const started = performance.now()
    setWritten({ prompt, text: '', tokens: 0, seconds: 0, end: 'writing' })
    const settings = { maxNewTokens: Number(maxNewTokens), temperature: Number(temperature), seed: Number(seed) }
    const went = await action.run(async () => {
      const stream = await client.model.generate({ prompt, settings, plan: { kind: 'none' } }, { signal })
      for await (const event of stream) {
        if (signal.aborted) return
        if (event.kind === 'token') {
          const seconds = (performance.now() - started) / 1000
          setWritten((held) =>
            held && held.end === 'writing'
              ? { ...held, text: held.text + event.text, tokens: held.tokens + 1, seconds }
              : held,
          )
        } else {
          setWritten({ prompt, text: event.text, tokens: event.tokens, seconds: event.seconds, end: 'done' })
          say(`Wrote ${formatCount(event.tokens)} tokens`)
        }
      }
    })
    if (!went) end(signal.aborted ? 'stopped' : 'failed')
  }

  function halt() {
    stop.current?.abort()
    end('stopped')
  }

  return (
    <form
      className={styles.playground}
      onSubmit={(event) => {
        event.preventDefault()
        void write()
      }}
    >
      <Textarea
        label="Prompt"
        autosize
        minRows={3}
        maxRows={12}
        maxLength={longestPrompt}
        dir="auto"
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          void write()
        }}
      />
      <div className={styles.fields}>
        <NumberInput
          label="New tokens"
          min={1}
          max={contextLength ?? 100_000}
          allowDecimal={false}
          value={maxNewTokens}
          onChange={setMaxNewTokens}
        />
        <NumberInput
          label="Temperature"
          description="0 takes the likeliest token."
          min={0}
          max={10}
          step={0.1}
          decimalScale={3}
          value={temperature}
          onChange={setTemperature}
        />
        <NumberInput
          label="Seed"
          description="The same seed, the same text."
          allowDecimal={false}
          value={seed}
          onChange={setSeed}
        />
      </div>
      <div className={shapes.buttons}>
        {isWriting ? (
          // A key of its own: otherwise the click that stops would submit through the same element.
          <Button key="stop" variant="default" onClick={halt}>
            Stop writing
          </Button>
        ) : (
          <Button key="write" type="submit" disabled={!isReady}>
            Continue the prompt
          </Button>
        )}
        <span className={styles.keys}>
          <KeyHint shortcut="mod+enter" />
        </span>
      </div>
      {action.failure ? <FailureNote failure={action.failure} onRetry={write} onDismiss={action.clear} /> : null}
      {written === null ? null : (
        <figure className={styles.output} aria-busy={isWriting}>
          <figcaption className={styles.outputHead}>
            <span>{ends[written.end]}</span>
            <span className={styles.numbers}>
              {formatCount(written.tokens)} tokens
              {written.seconds > 0 ? `, ${formatNumber(written.tokens / written.seconds)} tokens/s` : ''}
            </span>
            <CopyButton text={written.prompt + written.text} label="Copy prompt and continuation" />
          </figcaption>
          <p className={styles.text} dir="auto">
            <span className={styles.prompt}>{tail(written.prompt)}</span>
            {written.text}
          </p>
        </figure>
      )}
    </form>
  )
}

const ends = { writing: 'Writing', done: 'Written', stopped: 'Stopped', failed: 'Broke off' } as const

/** A long prompt shows its end only: that is what the text goes on from. */
function tail(prompt: string): string {
  return prompt.length <= 2000 ? prompt : `…${prompt.slice(-2000)}`
}
