import { html, Html } from '../../../core/report/html.ts'
import { countOf, formatBytes, formatCount, formatMoment, formatNumber } from '../../../core/report/numbers.ts'
import { reportStyle } from '../../../core/report/style.ts'
import { curvesSection } from './report-curves.ts'
import { measuresSection } from './report-measures.ts'
import { exportsSection } from './report-exports.ts'
import { bdi, digits, hash, nothing, pairsTable, section, table, type Column, type Fact } from './report-parts.ts'
import { plansSection } from './report-plans.ts'
import type { ReportFacts } from './report-facts.ts'

/** A report as one page without scripts: nothing is loaded, and every text of the data is escaped. */
export function reportPage(facts: ReportFacts): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${facts.name}: unlearning report</title>
        <style>
          ${new Html(reportStyle)}
        </style>
      </head>
      <body>
        <main>
          <h1>${bdi(facts.name)}</h1>
          <p>${summary(facts)}</p>
          ${[
            modelSection(facts),
            datasetsSection(facts),
            recordingsSection(facts),
            forgetConceptsSection(facts),
            rankingsSection(facts),
            plansSection(facts),
            measuresSection(facts.measured),
            curvesSection(facts.sweeps),
            exportsSection(facts),
            warningsSection(facts),
            versionsSection(facts),
          ]}
        </main>
      </body>
    </html> `.text
}

/** What was done, in a sentence. */
function summary({ model, recordings, forgetConcepts, rankings, plans, measured, exports }: ReportFacts): Html {
  const [plan] = plans
  const of = model === null ? html`a model that is not chosen yet` : html`the model ${bdi(model.name)}`
  if (plan === undefined) {
    return html`Nothing was removed from ${of} so far: ${countOf(recordings.length, 'recording')},
    ${countOf(forgetConcepts.length, 'forget concept')} and ${countOf(rankings.length, 'ranking')} are there.`
  }
  const share = plan.neuronCount === null ? '' : ` of ${countOf(plan.neuronCount, 'neuron')}`
  const from =
    plan.key === 'cut' ? html`the first of the ranking ${bdi(plan.madeFrom)}` : html`the plan ${bdi(plan.name)}`
  const done = [
    measured.length > 0 ? 'compared with the original' : null,
    exports.length > 0 ? `exported as ${countOf(exports.length, 'verified file')}` : null,
  ].filter((part) => part !== null)
  const tail = done.length === 0 ? '' : `; it was ${done.join(' and ')}`
  return html`${countOf(plan.neurons.length, 'neuron')}${share} of ${of} ${plan.neurons.length === 1 ? 'is' : 'are'}
  removed, ${from}${tail}.`
}

function modelSection({ model }: ReportFacts): Html {
  if (model === null) return section('Model', nothing('No model is chosen.'))
  const { card } = model
  const facts: Fact[] = [
    ['Name', bdi(model.name)],
    ['Where', html`<code>${model.place}</code>`],
    ['Hash (SHA-256)', model.modelHash === null ? 'not computed yet' : hash(model.modelHash)],
  ]
  if (card !== null) {
    const neurons = (site: 'mlp' | 'attention') => card.neurons[site].reduce((sum, width) => sum + width, 0)
    facts.push(
      ['Family', card.familyName],
      ['Layers', digits(formatCount(card.layers), card.layers)],
      ['Width', digits(formatCount(card.width), card.width)],
      ['Vocabulary', digits(countOf(card.vocabularySize, 'token'), card.vocabularySize)],
      ['Context', digits(countOf(card.contextLength, 'token'), card.contextLength)],
      ['Parameters', digits(formatCount(card.parameters), card.parameters)],
      ['Weights', html`${digits(formatBytes(card.weightBytes), card.weightBytes)}, ${card.weightTypes.join(', ')}`],
      ['Neurons', `${formatCount(neurons('mlp'))} mlp, ${formatCount(neurons('attention'))} attention`],
    )
  }
  return section('Model', pairsTable('The model that neurons were removed from', facts))
}

function datasetsSection({ datasets }: ReportFacts): Html {
  if (datasets.length === 0) return section('Data sets', nothing('No data set was imported.'))
  const columns: Column<(typeof datasets)[number]>[] = [
    { name: 'Name', row: true, cell: (set) => bdi(set.name) },
    { name: 'Used for', cell: ({ roles }) => roles.join(', ').replaceAll('evaluate-', 'evaluate: ') || 'nothing now' },
    { name: 'File', cell: ({ place, format }) => html`<code>${place}</code> (${format})` },
    { name: 'Mapping', cell: mappingInWords },
    { name: 'Documents', number: true, cell: ({ documents }) => digits(formatCount(documents), documents) },
    { name: 'Rejected', number: true, cell: ({ rejectedCount }) => digits(formatCount(rejectedCount), rejectedCount) },
    { name: 'Hash (SHA-256)', cell: ({ dataHash }) => hash(dataHash) },
  ]
  return section('Data sets', table('Data sets, what each is used for, and the documents in use', columns, datasets))
}

function mappingInWords({ mapping, kind }: ReportFacts['datasets'][number]): Html {
  const { textColumn, where, sample, seed, split } = mapping
  const parts = [
    textColumn === null ? null : html`text column ${bdi(textColumn)}`,
    where === null ? null : html`where <code>${where}</code>`,
    sample === null ? null : html`sample of ${formatCount(sample)}, seed ${seed}`,
    kind === 'cloze' ? html`questions: ${split}` : null,
  ].filter((part) => part !== null)
  return parts.length === 0 ? html`whole` : html`${parts.map((part, at) => html`${at === 0 ? '' : '; '}${part}`)}`
}

function recordingsSection({ recordings, explanations, review }: ReportFacts): Html {
  if (recordings.length === 0) return section('Recordings', nothing('Nothing was recorded.'))
  const columns: Column<(typeof recordings)[number]>[] = [
    { name: 'Data', row: true, cell: ({ data, inUse }) => html`${bdi(data)}${inUse ? ' (evidence in use)' : ''}` },
    { name: 'Sites', cell: ({ sites }) => sites.join(', ') },
    { name: 'Neurons', number: true, cell: ({ neurons }) => digits(formatCount(neurons), neurons) },
    { name: 'Tokens', number: true, cell: ({ tokens }) => digits(formatCount(tokens), tokens) },
    {
      name: 'Windows',
      number: true,
      cell: ({ windows, window }) => `${formatCount(windows)} of ${formatCount(window)}`,
    },
    { name: 'Seed', number: true, cell: ({ seed }) => String(seed) },
    { name: 'Recorded', cell: ({ at }) => formatMoment(at) },
    { name: 'State', cell: ({ stale }) => stale ?? 'up to date' },
  ]
  const named = explanations
    .map(({ explainer, concepts }) => `${countOf(concepts, 'concept')} by ${explainer}`)
    .join('; ')
  return section(
    'Recordings',
    table('Recordings of the neurons', columns, recordings),
    html`<p>
      Concepts: ${named || 'none'}. By a person: ${formatCount(review.edited)} edited, ${formatCount(review.accepted)}
      accepted, ${formatCount(review.rejected)} rejected; ${formatCount(review.always)} pinned as always removed,
      ${formatCount(review.never)} as never removed.
    </p>`,
  )
}

function forgetConceptsSection({ forgetConcepts }: ReportFacts): Html {
  if (forgetConcepts.length === 0) return section('Forget concepts', nothing('No concept was named to be forgotten.'))
  const columns: Column<(typeof forgetConcepts)[number]>[] = [
    { name: 'Concept', row: true, cell: ({ text }) => bdi(text) },
    { name: 'Weight', number: true, cell: ({ weight }) => digits(formatNumber(weight), weight) },
    { name: 'Counts', cell: ({ enabled }) => (enabled ? 'yes' : 'no') },
    { name: 'From', cell: ({ source }) => bdi(source) },
  ]
  return section('Forget concepts', table('What is to be forgotten, with weights', columns, forgetConcepts))
}

function rankingsSection({ rankings }: ReportFacts): Html {
  if (rankings.length === 0) return section('Rankings', nothing('No ranking was made.'))
  const columns: Column<(typeof rankings)[number]>[] = [
    { name: 'Name', row: true, cell: ({ name }) => bdi(name) },
    { name: 'Method', cell: ({ method }) => method },
    { name: 'Preset', cell: ({ preset }) => preset ?? 'none' },
    { name: 'Parameters', cell: ({ params }) => html`<code>${JSON.stringify(params)}</code>` },
    { name: 'Seed', number: true, cell: ({ seed }) => (seed === null ? 'none' : String(seed)) },
    {
      name: 'Ranked',
      number: true,
      cell: ({ ranked, neuronCount }) => `${formatCount(ranked)} of ${formatCount(neuronCount)}`,
    },
    { name: 'State', cell: ({ stale }) => stale ?? 'up to date' },
  ]
  return section('Rankings', table('Orders in which neurons go, and how they were made', columns, rankings))
}

function warningsSection({ warnings }: ReportFacts): Html {
  if (warnings.length === 0) return section('Warnings', nothing('There is nothing to warn of.'))
  return section(
    'Warnings',
    html`<ul>
      ${warnings.map((sentence) => html`<li>${bdi(sentence)}</li>`)}
    </ul>`,
  )
}

function versionsSection({ versions }: ReportFacts): Html {
  return section('Versions', pairsTable('Programs that this report was made with', versions))
}
