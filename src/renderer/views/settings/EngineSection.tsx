import { Button, NumberInput, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { providerIdSchema, type ProviderId } from '../../../contract/engine-host.ts'
import { useMemory } from '../../app/use-memory.ts'
import { useSettings } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon } from '../../components/Icon.tsx'
import { memoryWords, videoMemoryWords } from '../../components/memory-words.ts'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { Row } from './Row.tsx'
import styles from './settings.module.css'

const names: Readonly<Record<ProviderId, string>> = {
  cuda: 'CUDA (NVIDIA)',
  dml: 'DirectML (Windows)',
  coreml: 'Core ML (Apple)',
  webgpu: 'WebGPU',
  cpu: 'CPU',
}

/** Threads and provider; which providers start here, and why the others do not. */
export function EngineSection() {
  const { orpc } = useRpc()
  const { settings, change } = useSettings()
  const engine = useQuery(orpc.app.engine.queryOptions())
  const [threads, setThreads] = useState<number | string | null>(null)
  const working = new Set((engine.data?.providers ?? []).filter(({ works }) => works).map(({ provider }) => provider))

  const settleThreads = () => {
    const next = Math.round(Number(threads))
    if (threads !== null && threads !== '' && next >= 0 && next <= 256 && next !== settings.threads) {
      void change({ threads: next })
    }
    setThreads(null)
  }
  return (
    <Section title="Engine" note="A change starts the engine anew; running jobs resume.">
      <Row
        label="Threads"
        labels="threads"
        note={
          settings.threads === 0 ? '0: one for each processor.' : 'Inside one operator; 0 means one for each processor.'
        }
      >
        <NumberInput
          aria-labelledby="threads"
          w={120}
          min={0}
          max={256}
          allowDecimal={false}
          value={threads ?? settings.threads}
          onChange={setThreads}
          onBlur={settleThreads}
          onKeyDown={(event) => {
            if (event.key === 'Enter') settleThreads()
          }}
        />
      </Row>
      <Row label="Provider" labels="provider">
        <Select
          aria-labelledby="provider"
          w={320}
          data={[
            { value: 'best', label: 'The best that starts' },
            ...providerIdSchema.options.map((id) => ({
              value: id,
              label: engine.data && !working.has(id) ? `${names[id]}, does not start here` : names[id],
              disabled: engine.data !== undefined && !working.has(id),
            })),
          ]}
          value={settings.provider ?? 'best'}
          onChange={(value) => void change({ provider: value === 'best' ? null : value })}
        />
      </Row>
      <div className={styles.providers}>
        {engine.isPending && <ProgressLine label="Trying the providers, one at a time" />}
        {engine.error && <FailureNote failure={failureOf(engine.error)} onRetry={() => engine.refetch()} />}
        {engine.data && (
          <>
            <table>
              <caption className="visually-hidden">Providers on this machine</caption>
              <thead>
                <tr>
                  <th scope="col">Provider</th>
                  <th scope="col">Starts here</th>
                  <th scope="col">Why not</th>
                </tr>
              </thead>
              <tbody>
                {engine.data.providers.map(({ provider, works, reason }) => (
                  <tr key={provider}>
                    <td>{names[provider]}</td>
                    <td>
                      <span className={styles.works}>
                        <Icon name={works ? 'check' : 'close'} size={12} /> {works ? 'Yes' : 'No'}
                      </span>
                    </td>
                    <td className={styles.reason}>
                      {reason === null ? '' : reason.charAt(0).toUpperCase() + reason.slice(1)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <p className={styles.note}>
              ONNX Runtime {engine.data.onnxRuntime}, Node {engine.data.node}
              {engine.data.pid === null ? ', not running' : `, process ${engine.data.pid}`}.
            </p>
            <MemoryLines />
            <Button variant="default" loading={engine.isFetching} onClick={() => void engine.refetch()}>
              Try the providers again
            </Button>
          </>
        )}
      </div>
    </Section>
  )
}

/** How full the memory is, for as long as the settings are seen. */
function MemoryLines() {
  const memory = useMemory()
  if (!memory) return null
  return (
    <ul className={styles.memory} aria-label="Memory now">
      <li>{memoryWords(memory)}.</li>
      {videoMemoryWords(memory.video).map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
