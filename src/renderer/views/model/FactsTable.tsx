import type { ModelCard } from '../../../contract/workbench/model.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { modelFacts } from './model-facts.ts'
import shapes from '../../components/shapes.module.css'
import styles from './model.module.css'

interface FactsTableProps {
  readonly card: ModelCard
  readonly path: string
  /** Null while it is computed; undefined where it is not asked for yet. */
  readonly modelHash?: string | null
}

/** The facts of a model, each with a button that copies all of its digits. */
export function FactsTable({ card, path, modelHash }: FactsTableProps) {
  return (
    <table className={`${shapes.bare} ${styles.facts}`}>
      <caption className="visually-hidden">Facts of the model</caption>
      <tbody>
        {modelFacts(card).map(({ name, text, full }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{text}</td>
            <td>
              <CopyButton text={full} label={`Copy: ${name.toLowerCase()}`} />
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row">Place</th>
          <td className={styles.path}>
            <bdi>{path}</bdi>
          </td>
          <td>
            <CopyButton text={path} label="Copy: place" />
          </td>
        </tr>
        {modelHash === undefined ? null : (
          <tr>
            <th scope="row">Model hash</th>
            <td className={styles.path}>{modelHash ?? 'is being computed'}</td>
            <td>{modelHash === null ? null : <CopyButton text={modelHash} label="Copy: model hash" />}</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
