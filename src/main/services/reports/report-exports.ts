import { isModelFile } from '../../../contract/workbench/exports.ts'
import { html, type Html } from '../../../core/report/html.ts'
import { countOf, formatBytes, formatMoment, formatNumber } from '../../../core/report/numbers.ts'
import type { ReportFacts } from './report-facts.ts'
import { bdi, digits, hash, nothing, pairsTable, section, table, type Column, type Fact } from './report-parts.ts'

/** What was written, how far it differs from the masked model, and the files with their hashes. */
export function exportsSection({ exports }: ReportFacts): Html {
  if (exports.length === 0) return section('Exports', nothing('No pruned model was exported.'))
  return section(
    'Exports',
    exports.map((one) => {
      const { verification: v } = one
      // The tokenizer lies beside the model and is no part of its size.
      const model = one.files.filter(({ name }) => isModelFile(name))
      const written = model.reduce((sum, { bytes }) => sum + bytes, 0)
      const facts: Fact[] = [
        ['Plan', html`${bdi(one.title)}, ${countOf(one.neurons, 'neuron')} removed, ${one.realisation}`],
        ['Folder', html`<code>${one.place}</code>`],
        ['Written', formatMoment(one.at)],
        [
          'Size',
          html`${digits(formatBytes(one.originalBytes), one.originalBytes)} before,
          ${digits(formatBytes(written), written)} after`,
        ],
        ['Verified', v.passed ? 'yes: the file was loaded again and compared' : 'no'],
        ['Compared', digits(countOf(v.comparedTokens, 'token'), v.comparedTokens)],
        [
          'Largest logit difference',
          html`${digits(formatNumber(v.maxAbsLogit), v.maxAbsLogit)} (allowed
          ${digits(formatNumber(v.tolerance * v.largestLogit), v.tolerance * v.largestLogit)})`,
        ],
        ['Largest loss difference', digits(`${formatNumber(v.maxAbsLossNats)} nats`, v.maxAbsLossNats)],
        ['Same greedy text', v.sameGreedyText ? 'yes' : 'no'],
        ['Plan hash', hash(one.planHash)],
        ['Model hash', hash(one.modelHash)],
        ['Written by', one.writtenBy ?? 'unknown: its manifest is gone'],
      ]
      const columns: Column<(typeof one.files)[number]>[] = [
        { name: 'File', row: true, cell: ({ name }) => html`<code>${name}</code>` },
        { name: 'Size', number: true, cell: ({ bytes }) => digits(formatBytes(bytes), bytes) },
        { name: 'SHA-256', cell: ({ sha256 }) => hash(sha256) },
      ]
      return html`<h3>${bdi(one.name)}</h3>
        ${pairsTable(html`${bdi(one.name)}: what was written and its verification`, facts)}
        ${table(html`${bdi(one.name)}: files`, columns, one.files)}`
    }),
  )
}
