import { Button, Modal, SegmentedControl, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { mostSearchTokens, type EmbedderId } from '../../../contract/workbench/embedders.ts'
import type { FoundNeurons } from '../../../contract/workbench/review.ts'
import { EmbedderField, firstEmbedder, useEmbedder } from '../../components/EmbedderField.tsx'
import { useIsCounting } from '../../components/EmbeddingNote.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { formatCount, formatNumber, formatPercent } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import type { ReviewWishes } from './wishes.ts'
import shapes from '../../components/shapes.module.css'
import styles from './review.module.css'

type Way = 'meaning' | 'activity'

const ways: Readonly<Record<Way, { label: string; placeholder: string; button: string; value: string }>> = {
  meaning: {
    label: 'What the concept means',
    placeholder: 'words about cooking',
    button: 'Find by meaning',
    value: 'Cosine',
  },
  activity: {
    label: 'A text that they fire on',
    placeholder: 'def bake(bread): return bread',
    button: 'Find what fires on this text',
    value: 'Of its maximum',
  },
}

/** Finds neurons by what their concepts mean, or by what they are active on. */
export function FindDialog({
  opened,
  onClose,
  onGo,
  onReview,
}: {
  opened: boolean
  onClose: () => void
  onGo: (neuron: string) => void
  onReview: (only: NonNullable<ReviewWishes['only']>) => void
}) {
  const { client, orpc } = useRpc()
  const queries = useQueryClient()
  const action = useAction()
  const [way, setWay] = useState<Way>('meaning')
  const [texts, setTexts] = useState<Readonly<Record<Way, string>>>({ meaning: '', activity: '' })
  const [embedding, setEmbedding] = useState(firstEmbedder)
  const chosen = useEmbedder(embedding)
  const [answer, setAnswer] = useState<{ way: Way; by: EmbedderId; found: FoundNeurons } | null>(null)
  const stop = useRef<AbortController | null>(null)
  const text = texts[way]
  const problem = way === 'meaning' ? chosen.problem : null
  const isCounting = useIsCounting(opened && way === 'meaning' ? chosen.request.provider : null, 'concepts')
  const isReady = text.trim() !== '' && problem === null && !isCounting
  const find = () => {
    stop.current?.abort()
    const controller = new AbortController()
    stop.current = controller
    return action.run(async () => {
      const { signal } = controller
      const input = { text, count: 50 }
      const found = await (way === 'meaning'
        ? client.review.findByMeaning({ ...input, ...chosen.request }, { signal })
        : client.review.findByActivity(input, { signal }))
      if (!signal.aborted) setAnswer({ way, by: chosen.request.embedder, found })
      // What was sent now is not sent again.
      await queries.invalidateQueries({ queryKey: orpc.embedders.estimate.key() })
    })
  }
  const shown = answer?.way === way ? answer : null
  return (
    <Modal opened={opened} onClose={onClose} title="Find neurons" size={860}>
      <div className={styles.form}>
        <SegmentedControl
          aria-label="How to find"
          data={[
            { value: 'meaning', label: 'By meaning' },
            { value: 'activity', label: 'By activity' },
          ]}
          value={way}
          onChange={(value) => {
            setWay(value)
            action.clear()
          }}
        />
        <Textarea
          label={ways[way].label}
          placeholder={ways[way].placeholder}
          autosize
          minRows={way === 'meaning' ? 1 : 2}
          maxRows={8}
          dir="auto"
          data-autofocus
          value={text}
          onChange={(event) => setTexts({ ...texts, [way]: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
            if (way === 'activity' && !event.ctrlKey && !event.metaKey) return
            event.preventDefault()
            if (isReady) void find()
          }}
        />
        {way === 'meaning' && (
          <EmbedderField
            value={embedding}
            chosen={chosen}
            texts="concepts"
            also="the words you look for"
            onChange={setEmbedding}
          />
        )}
        {way === 'meaning' && embedding.embedder === 'openai-compatible' && (
          <p>
            A search takes at most {formatCount(mostSearchTokens)} tokens. What is embedded by then is kept, and another
            search goes on.
          </p>
        )}
        <div className={styles.actions}>
          <Button loading={action.busy} disabled={!isReady} onClick={() => void find()}>
            {ways[way].button}
          </Button>
          {action.busy ? (
            <Button variant="subtle" color="gray" onClick={() => stop.current?.abort()}>
              Stop
            </Button>
          ) : null}
          {shown === null ? null : (
            <Button
              variant="default"
              onClick={() =>
                onReview({ neurons: shown.found.neurons.map(({ neuron }) => neuron), what: `found by ${shown.way}` })
              }
            >
              Review these {formatCount(shown.found.neurons.length)}
            </Button>
          )}
        </div>
        {action.failure ? (
          <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />
        ) : null}
        {action.busy ? (
          <ProgressLine label={way === 'meaning' ? 'Comparing the concepts' : 'Running the text'} />
        ) : null}
        {shown === null ? null : <Found way={way} by={shown.by} found={shown.found} onGo={onGo} />}
      </div>
    </Modal>
  )
}

const vectorWords: Readonly<Record<EmbedderId, string>> = {
  'subject-sif': 'averaged word vectors of the model',
  'sentence-onnx': 'vectors of the sentence model',
  'openai-compatible': 'vectors of the embedding model',
}

function Found({
  way,
  by,
  found,
  onGo,
}: {
  way: Way
  by: EmbedderId
  found: FoundNeurons
  onGo: (neuron: string) => void
}) {
  if (found.neurons.length === 0) return <p className={styles.soft}>No neuron was found.</p>
  return (
    <>
      <p className={styles.soft} role="status">
        {way === 'meaning'
          ? `The ${found.neurons.length} nearest of ${formatCount(found.of)} concepts, by cosine of ${vectorWords[by]}.`
          : `The ${found.neurons.length} strongest of ${formatCount(found.of)} neurons on ${formatCount(found.tokens ?? 0)} tokens, each relative to its largest recorded activation.`}
      </p>
      <div className={styles.found}>
        <table className={shapes.lined}>
          <caption className="visually-hidden">Neurons found by {way}</caption>
          <thead>
            <tr>
              <th scope="col">Neuron</th>
              <th scope="col" data-number>
                {ways[way].value}
              </th>
              {way === 'activity' ? <th scope="col">Token</th> : null}
              <th scope="col">Concept</th>
            </tr>
          </thead>
          <tbody>
            {found.neurons.map((one) => (
              <tr key={one.neuron}>
                <th scope="row">
                  <button type="button" className={styles.link} onClick={() => onGo(one.neuron)}>
                    {one.neuron}
                  </button>
                </th>
                <td data-number title={one.peak === null ? String(one.value) : `activation ${one.peak.activation}`}>
                  {way === 'meaning' ? formatNumber(one.value) : formatPercent(one.value)}
                </td>
                {one.peak === null ? null : (
                  <td>
                    <bdi className={styles.piece}>{one.peak.piece}</bdi>
                  </td>
                )}
                <td>
                  <bdi>{one.concept === '' ? 'no concept' : one.concept}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
