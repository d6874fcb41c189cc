import type { Dataset } from '../../../contract/workbench/datasets.ts'
import { Icon } from '../../components/Icon.tsx'
import { counted } from './counted.ts'
import { roleNames } from './roles.ts'
import styles from './data.module.css'

interface DatasetListProps {
  readonly datasets: readonly Dataset[]
  readonly selected: string | null
  readonly onSelect: (id: string) => void
}

/** The data sets of the workspace: name, size, use. */
export function DatasetList({ datasets, selected, onSelect }: DatasetListProps) {
  return (
    <ul className={styles.list} aria-label="Data sets">
      {datasets.map((dataset) => (
        <li key={dataset.id}>
          <button
            type="button"
            className={styles.item}
            aria-current={dataset.id === selected ? 'true' : undefined}
            onClick={() => onSelect(dataset.id)}
          >
            <span className={styles.itemName}>
              <bdi>{dataset.name}</bdi>
            </span>
            <span className={styles.itemSize}>
              {dataset.tokens === null
                ? counted(dataset.documents, 'document')
                : counted(dataset.tokens.tokens, 'token')}
            </span>
            <span className={styles.itemRoles}>
              {dataset.problem === null ? (
                roleNames(dataset.roles) || 'not used yet'
              ) : (
                <span className={styles.problem}>
                  <Icon name="warning" size={12} /> {dataset.problem}
                </span>
              )}
            </span>
            <span className={styles.itemFormat}>{dataset.kind === 'cloze' ? 'cloze questions' : dataset.format}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
