// Draws results.json of a recipe as an SVG: for each task the forget measure and the first retain measure over the share of
// removed neurons, with 95 % intervals. Usage: node scripts/draw-results.js RESULTS.json OUT.svg
import { readFileSync, writeFileSync } from 'node:fs'

const [, , resultsPath, outPath] = process.argv
if (!resultsPath || !outPath) {
  console.error('usage: node scripts/draw-results.js RESULTS.json OUT.svg')
  process.exit(2)
}

/** Okabe-Ito colours; controls are grey. */
const colours = { snip: '#0072b2', keyword: '#e69f00', 'activation-ratio': '#009e73', random: '#8a8a8a' }
const panels = [
  {
    task: 'forget-verbs',
    data: 'cloze-verbs',
    estimator: 'accuracy',
    title: 'Forget verbs: cloze accuracy on verbs (forget)',
  },
  { task: 'forget-verbs', data: 'prose', estimator: 'lossNats', title: 'Forget verbs: loss on prose, nats (retain)' },
  { task: 'forget-code', data: 'code', estimator: 'lossNats', title: 'Forget Python: loss on code, nats (forget)' },
  { task: 'forget-code', data: 'prose', estimator: 'lossNats', title: 'Forget Python: loss on prose, nats (retain)' },
]
const width = 440
const height = 250
const margin = { left: 46, right: 20, top: 28, bottom: 34 }
const shares = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
const results = JSON.parse(readFileSync(resultsPath, 'utf8'))

/** Shares are drawn on a square-root scale: small k matter most. */
const xOf = (share) => margin.left + (Math.sqrt(share) / Math.sqrt(0.2)) * (width - margin.left - margin.right)

function drawPanel({ task, data, estimator, title }, at) {
  const lines = results.tasks[task].lines.filter((line) => line.data === data && line.controlOf === undefined)
  const points = lines.map((line) => ({ ...line, result: line.results[estimator] })).filter(({ result }) => result.ok)
  const low = Math.min(...points.map(({ result }) => result.ci.low))
  const high = Math.max(...points.map(({ result }) => result.ci.high))
  const yOf = (value) => margin.top + ((high - value) / (high - low)) * (height - margin.top - margin.bottom)
  const percent = estimator === 'accuracy'
  const label = (value) => (percent ? `${(100 * value).toFixed(0)} %` : value.toFixed(2))
  const parts = [`<text class="title" x="${margin.left}" y="16">${title}</text>`]
  for (let tick = 0; tick <= 4; tick++) {
    const value = low + ((high - low) * tick) / 4
    parts.push(
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${yOf(value)}" y2="${yOf(value)}"/>`,
    )
    parts.push(`<text x="${margin.left - 6}" y="${yOf(value) + 4}" text-anchor="end">${label(value)}</text>`)
  }
  for (const share of shares) {
    if (share === 0.005) continue
    parts.push(`<text x="${xOf(share)}" y="${height - 16}" text-anchor="middle">${100 * share} %</text>`)
  }
  for (const [ranking, colour] of Object.entries(colours)) {
    const own = points.filter((point) => point.ranking === ranking)
    const unique = own.filter((point, i) => own.findIndex(({ k }) => k === point.k) === i)
    const band = [
      ...unique.map(({ fraction, result }) => `${xOf(fraction)},${yOf(result.ci.high)}`),
      ...unique.toReversed().map(({ fraction, result }) => `${xOf(fraction)},${yOf(result.ci.low)}`),
    ]
    const path = unique.map(({ fraction, result }) => `${xOf(fraction)},${yOf(result.value)}`)
    parts.push(`<polygon points="${band.join(' ')}" fill="${colour}" fill-opacity="0.1"/>`)
    parts.push(`<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`)
    for (const point of path) {
      const [x, y] = point.split(',')
      parts.push(`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`)
    }
  }
  const x = (at % 2) * width
  const y = Math.floor(at / 2) * height
  return `<g transform="translate(${x},${y})">${parts.join('')}</g>`
}

const legend = Object.entries(colours)
  .map(
    ([name, colour], i) =>
      `<rect x="${46 + i * 150}" y="${2 * height + 4}" width="12" height="12" fill="${colour}"/><text x="${64 + i * 150}" y="${2 * height + 14}">${name === 'snip' ? 'SNIP' : name}</text>`,
  )
  .join('')
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${2 * height + 24}" font-family="Inter, Helvetica, Arial, sans-serif" font-size="11">
<style>text{fill:#333}.title{font-size:13px;font-weight:600;fill:#111}.grid{stroke:#ddd}</style>
<rect width="100%" height="100%" fill="#fff"/>
${panels.map(drawPanel).join('\n')}
${legend}
</svg>
`
writeFileSync(outPath, svg)
