import type { ModelCard } from '../../../contract/workbench/model.ts'
import styles from './model.module.css'

const names = { cuda: 'CUDA', dml: 'DirectML', coreml: 'Core ML', webgpu: 'WebGPU', cpu: 'CPU' } as const

/** What computes, and why nothing faster does. */
export function ProviderNote({ provider }: { provider: ModelCard['provider'] }) {
  return (
    <div>
      <p>
        Runs on <strong>{names[provider.used]}</strong>.
      </p>
      {provider.refused.length === 0 ? null : (
        <ul className={styles.refused} aria-label="Providers that do not start here">
          {provider.refused.map(({ provider: refused, reason }) => (
            <li key={refused}>
              <span>{names[refused]}</span> <bdi>{reason}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
