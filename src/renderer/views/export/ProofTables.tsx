import type { ReactNode } from 'react'
import type { ExportInfo } from '../../../contract/workbench/exports.ts'
import { formatBytes, formatCount, formatNumber } from '../../components/numbers.ts'
import { sizeChange } from './ExportForm.tsx'
import { sizesOf } from './export-sizes.ts'
import shapes from '../../components/shapes.module.css'
import styles from './export.module.css'

/** How far what was written differs from the masked model, against what is allowed; then sizes and times of both. */
export function ProofTables({ info }: { info: ExportInfo }) {
  const { verification, timing, originalBytes } = info
  const { model } = sizesOf(info.files)
  const { maxAbsLogit, largestLogit, maxAbsLossNats, maxAbsPaddedLogit, sameGreedyText, tolerance } = verification
  const ofLargest = (share: number) => `${formatNumber(share * largestLogit)} (${formatNumber(share)} of the largest)`
  return (
    <>
      <Table caption="Differences from the masked model" columns={['Compared', 'Largest difference', 'Allowed']}>
        <Row
          name="Logits"
          cells={[formatNumber(maxAbsLogit), tolerance === 0 ? 'none: bit for bit' : ofLargest(tolerance)]}
        />
        <Row
          name="Loss per token"
          cells={[`${formatNumber(maxAbsLossNats)} nats`, tolerance === 0 ? 'none' : `${formatNumber(tolerance)} nats`]}
        />
        {maxAbsPaddedLogit !== undefined && (
          <Row
            name="Logits with padding and cache"
            cells={[formatNumber(maxAbsPaddedLogit), ofLargest(paddedTolerance)]}
          />
        )}
        <Row name="Greedy text" cells={[sameGreedyText ? 'the same' : 'differs', 'the same']} />
      </Table>
      <p className={styles.quiet}>
        Over {formatCount(verification.comparedTokens)} tokens; the largest logit is {formatNumber(largestLogit)}.
      </p>
      <Table caption="Size and time" columns={['Measured', 'Before', 'As written', 'Change']}>
        <Row name="Model" cells={[formatBytes(originalBytes), formatBytes(model), sizeChange(originalBytes, model)]} />
        {timing && (
          <Row
            name="Time per token"
            cells={[
              `${formatNumber(timing.maskedMsPerToken)} ms`,
              `${formatNumber(timing.exportedMsPerToken)} ms`,
              sizeChange(timing.maskedMsPerToken, timing.exportedMsPerToken),
            ]}
          />
        )}
      </Table>
      {timing && (
        <p className={styles.quiet}>
          Times are of this machine and moment: {formatCount(timing.tokens)} tokens at once, the fastest run; before is
          the masked model.
        </p>
      )}
    </>
  )
}

/** As the verification has it for cached and padded runs. */
const paddedTolerance = 1e-5

function Table({ caption, columns, children }: { caption: string; columns: readonly string[]; children: ReactNode }) {
  return (
    <table className={`${shapes.lined} ${styles.proof}`}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column, at) => (
            <th key={column} scope="col" data-number={at > 0 || undefined}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

function Row({ name, cells }: { name: string; cells: readonly string[] }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {cells.map((cell, at) => (
        <td key={at} data-number>
          {cell}
        </td>
      ))}
    </tr>
  )
}
