import type { ModelState } from '../../../contract/workbench/model.ts'
import { useMemory } from '../../app/use-memory.ts'
import { videoMemoryWords } from '../../components/memory-words.ts'
import { formatBytes } from '../../components/numbers.ts'
import shapes from '../../components/shapes.module.css'
import styles from './model.module.css'

type Memory = NonNullable<ModelState['memory']>

/** Estimated peak memory of each purpose against what is free, which is looked at anew as long as the table is seen. */
export function MemoryTable({ memory }: { memory: Memory }) {
  const now = useMemory()
  const freeBytes = now?.freeBytes ?? memory.freeBytes
  const most = Math.max(freeBytes, ...memory.purposes.map(({ bytes }) => bytes))
  return (
    <>
      <table className={`${shapes.bare} ${styles.memory}`}>
        <caption>
          {formatBytes(freeBytes)} of memory are free now
          {now && now.engineBytes !== null && `, ${formatBytes(now.engineBytes)} are in the engine`}
        </caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Purpose</th>
            <th scope="col">Against free memory</th>
            <th scope="col">Peak</th>
            <th scope="col">Fits</th>
          </tr>
        </thead>
        <tbody>
          {memory.purposes.map(({ purpose, bytes }) => (
            <tr key={purpose} data-fits={bytes <= freeBytes}>
              <th scope="row">{purpose}</th>
              <td aria-hidden="true">
                <div className={styles.gauge}>
                  <div className={styles.gaugeFill} style={{ width: `${Math.max(0.5, (bytes / most) * 100)}%` }} />
                  <div className={styles.gaugeFree} style={{ left: `${(freeBytes / most) * 100}%` }} />
                </div>
              </td>
              <td className={styles.number}>{formatBytes(bytes)}</td>
              <td>{bytes <= freeBytes ? 'fits' : 'does not fit'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className={styles.video} aria-label="Video memory">
        {now && videoMemoryWords(now.video).map((line) => <li key={line}>{line}</li>)}
      </ul>
    </>
  )
}
