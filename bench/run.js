import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { buildOrExit } from '../scripts/build-if-needed.js'

/**
 * Builds the benchmarks and runs them one after the other: all, or those named. Writes out/bench-results.json and prints the table.
 *
 *   node bench/run.js [NAME ...] [--quick] [--threads 2,1] [--out FILE.json]
 */
const repository = resolve(import.meta.dirname, '..')
const built = join(repository, 'out/bench')
const tools = new Set(['profile', 'scale', 'explain-many'])

const names = []
const passedOn = []
let out = join(repository, 'out/bench-results.json')
const args = process.argv.slice(2)
for (let i = 0; i < args.length; i++) {
  if (args[i] === '--out') out = resolve(args[++i])
  else if (args[i] === '--threads') passedOn.push(args[i], args[++i])
  else if (args[i].startsWith('--')) passedOn.push(args[i])
  else names.push(args[i])
}
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0) fail(`There is no benchmark ${unknown.join(', ')}: choose from ${known.join(', ')}`)

await buildOrExit()
const vite = join(repository, 'node_modules/vite/bin/vite.js')
const build = node([vite, 'build', '--config', join(import.meta.dirname, 'vite.config.ts'), '--logLevel', 'error'])
if (build !== 0) fail('The benchmarks could not be built')

const lines = `${out}.lines`
mkdirSync(join(repository, 'out'), { recursive: true })
rmSync(lines, { force: true })
const failed = []
for (const name of names.length > 0 ? names : known.filter((each) => !tools.has(each))) {
  console.log(`\n== ${name}`)
  if (node([join(built, `${name}.bench.js`), ...passedOn], { SNIP_BENCH_OUT: lines }) !== 0) failed.push(name)
}
const figures = existsSync(lines)
  ? readFileSync(lines, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : []
rmSync(lines, { force: true })
const machine = describeMachine()
writeFileSync(out, `${JSON.stringify({ machine, arguments: args, figures }, null, 2)}\n`)
console.log(`\n${table(figures)}\n\n${Object.values(machine).join(' · ')}\n${out}`)
if (failed.length > 0) fail(`Failed: ${failed.join(', ')}`)

function node(command, env = {}) {
  return spawnSync(process.execPath, command, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } })
    .status
}

function describeMachine() {
  const version = createRequire(import.meta.url)('onnxruntime-node/package.json').version
  const python = process.env.SNIP_BENCH_PYTHON ?? '/usr/bin/python3'
  const torch = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' })
  return {
    processor: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: `Node ${process.versions.node}`,
    onnxRuntime: `ONNX Runtime ${version}`,
    torch: torch.status === 0 ? `PyTorch ${torch.stdout.trim()}` : 'no PyTorch',
  }
}

/** One row per figure: what, the median with the range, the times of both sides, the target and whether it was met. */
function table(rows) {
  const number = (value) => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0))
  const range = ({ min, median, max }) => `${number(median)} (${number(min)}-${number(max)})`
  const body = rows.map((row) => {
    const target = row.target
      ? `${row.target.relation} ${row.target.value}${row.target.by ? ` (${row.target.by})` : ''}`
      : ''
    const verdict = row.met === null ? '' : row.met ? 'met' : 'missed'
    const load = row.load.toFixed(1)
    if (row.kind === 'amount')
      return `| ${row.name} | ${range(row.value)} ${row.unit} | | ${row.count} | ${target} | ${verdict} | ${load} |`
    const best = (time) => number(row.first[time].min / row.second[time].min)
    const ratios = `wall ${range(row.wallRatio)}, best ${best('wallMs')}; CPU ${range(row.cpuRatio)}, best ${best('cpuMs')}`
    const times = row.sides
      .map((side, i) => `${side} ${number((i === 0 ? row.first : row.second).wallMs.median)} ms`)
      .join(', ')
    return `| ${row.name} | ${ratios} | ${times} | ${row.pairs} | ${target} | ${verdict} | ${load} |`
  })
  const head = ['| what | median (min-max) | median wall | n | target | | load |', '|---|---|---|---|---|---|---|']
  return [...head, ...body].join('\n')
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
