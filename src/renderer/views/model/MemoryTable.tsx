import type { ModelState } from '../../../contract/workbench/model.ts'
import { formatBytes } from '../../components/numbers.ts'
import styles from './model.module.css'

type Memory = NonNullable<ModelState['memory']>

/** Peak memory of each purpose against what is free now. */
export function MemoryTable({ memory }: { memory: Memory }) {
  const most = Math.max(memory.freeBytes, ...memory.purposes.map(({ bytes }) => bytes))
  return (
    <table className={styles.memory}>
      <caption>{formatBytes(memory.freeBytes)} of memory are free now</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Purpose</th>
          <th scope="col">Against free memory</th>
          <th scope="col">Peak</th>
          <th scope="col">Fits</th>
        </tr>
      </thead>
      <tbody>
        {memory.purposes.map(({ purpose, bytes, fits }) => (
          <tr key={purpose} data-fits={fits}>
            <th scope="row">{purpose}</th>
            <td aria-hidden="true">
              <div className={styles.gauge}>
                <div className={styles.gaugeFill} style={{ width: `${Math.max(0.5, (bytes / most) * 100)}%` }} />
                <div className={styles.gaugeFree} style={{ left: `${(memory.freeBytes / most) * 100}%` }} />
              </div>
            </td>
            <td className={styles.number}>{formatBytes(bytes)}</td>
            <td>{fits ? 'fits' : 'does not fit'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
