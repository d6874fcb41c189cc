import { html, Html } from '../../../core/report/html.ts'
import { countOf, formatBytes, formatCount, formatMoment, formatNumber } from '../../../core/report/numbers.ts'
import { reportStyle } from '../../../core/report/style.ts'
import { curvesSection } from './report-curves.ts'
import { measuresSection } from './report-measures.ts'
import { bdi, digits, hash, type Column, table } from './report-parts.ts'
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

function section(title: string, ...parts: readonly (Html | readonly Html[])[]): Html {
  return html`<section>
    <h2>${title}</h2>
    ${parts}
  </section>`
}

function nothing(sentence: string): Html {
  return html`<p class="soft">${sentence}</p>`
}

function modelSection({ model }: ReportFacts): Html {
  if (model === null) return section('Model', nothing('No model is chosen.'))
  const { card } = model
  const facts: [string, Html | string][] = [
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
  return section(
    'Model',
    html`<table>
      <caption>
        The model that neurons were removed from
      </caption>
      <tbody>
        ${facts.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  )
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

function plansSection({ plans }: ReportFacts): Html {
  if (plans.length === 0) return section('Neurons removed', nothing('No cut was chosen and no plan saved.'))
  return section(
    'Neurons removed',
    plans.map((plan) => {
      const { name, madeFrom, neurons, neuronCount, layers, first, planHash } = plan
      const percent = neuronCount === null || neuronCount === 0 ? null : (100 * neurons.length) / neuronCount
      const share =
        percent === null
          ? ''
          : html` (${digits(`${formatNumber(percent)} %`, percent)} of ${formatCount(neuronCount ?? 0)})`
      const layerColumns: Column<(typeof layers)[number]>[] = [
        { name: 'Site', row: true, cell: ({ site }) => site },
        { name: 'Layer', number: true, cell: ({ layer }) => String(layer) },
        { name: 'Removed', number: true, cell: ({ removed }) => digits(formatCount(removed), removed) },
        { name: 'Of', number: true, cell: ({ width }) => (width === null ? 'unknown' : formatCount(width)) },
        {
          name: 'Share',
          number: true,
          cell: ({ removed, width }) =>
            width === null || width === 0
              ? 'unknown'
              : digits(`${formatNumber((100 * removed) / width)} %`, (100 * removed) / width),
        },
      ]
      const firstColumns: Column<(typeof first)[number]>[] = [
        { name: 'Neuron', row: true, cell: ({ neuron }) => html`<code class="id">${neuron}</code>` },
        {
          name: 'Importance',
          number: true,
          cell: ({ score, pinned }) =>
            html`${score === null ? 'none' : digits(formatNumber(score), score)}${pinned ? ', pinned' : ''}`,
        },
        { name: 'Concept', cell: ({ concept }) => (concept === null ? 'none' : bdi(concept)) },
      ]
      const listed =
        first.length < neurons.length
          ? `The first ${first.length} of ${countOf(neurons.length, 'neuron')}`
          : countOf(neurons.length, 'neuron')
      return html`<h3>${bdi(name)}</h3>
        <p>${countOf(neurons.length, 'neuron')}${share}, made from ${bdi(madeFrom)}. Plan hash ${hash(planHash)}</p>
        ${neurons.length === 0 ? '' : [table(html`${bdi(name)}: neurons removed in each layer`, layerColumns, layers), table(html`${bdi(name)}: ${listed} with their concepts`, firstColumns, first)]}`
    }),
  )
}

function exportsSection({ exports }: ReportFacts): Html {
  if (exports.length === 0) return section('Exports', nothing('No pruned model was exported.'))
  return section(
    'Exports',
    exports.map((one) => {
      const { verification: v } = one
      // The tokenizer lies beside the model and is no part of its size.
      const model = one.files.filter(({ name }) => /\.onnx(\.data)?$/.test(name))
      const written = model.reduce((sum, { bytes }) => sum + bytes, 0)
      const facts: [string, Html | string][] = [
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
        <table>
          <caption>
            ${bdi(one.name)}: what was written and its verification
          </caption>
          <tbody>
            ${facts.map(
              ([name, value]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  <td>${value}</td>
                </tr>`,
            )}
          </tbody>
        </table>
        ${table(html`${bdi(one.name)}: files`, columns, one.files)}`
    }),
  )
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
  return section(
    'Versions',
    html`<table>
      <caption>
        Programs that this report was made with
      </caption>
      <tbody>
        ${versions.map(
          ([name, version]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${version}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  )
}
