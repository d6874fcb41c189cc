import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createServer } from 'vite'

/**
 * Makes resources/demo/workspace, the workspace that the workbench opens as its demo, from a run of the demo recipe:
 *
 *   node scripts/make-demo-workspace.js [--from DIR]
 *
 * DIR is a finished `snip demo --out DIR`; without it the demo is run first. Left out for size: the recordings of the forget
 * and retain data, and the exports. The same recipe gives the same bytes.
 */
const repository = resolve(import.meta.dirname, '..')
const resources = join(repository, 'resources')
const target = join(resources, 'demo', 'workspace')
/** What the documents give as their time: the workspace is no older or newer for being made again. */
const madeAt = Date.UTC(2026, 0, 1)
const cut = { ranking: 'forget-code.snip', percent: 10 }
const prompts = [
  'import os\n\ndef main(path):\n    for name in os.listdir(path):\n',
  'Once upon a time there was a king who had three',
  'She opened the door and saw that the garden was',
]

const given = process.argv.indexOf('--from')
const run = given < 0 ? runDemo() : resolve(process.argv[given + 1])

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
write('workspace.json', { version: 1, name: 'SNIP demo' })
for (const part of ['concepts', 'rankings', 'plans']) {
  copy(part, (name) => name.endsWith('.json') || name.endsWith('.jsonl'))
}
for (const job of readdirSync(join(run, 'jobs')))
  copy(join('jobs', job), (name) => name === 'job.json' || name === 'points.jsonl')

const documents = (await derive()).filter(({ kind }) => kind !== 'export' && kind !== 'evidence')
const probe = documents.find(({ kind, after }) => kind === 'recording' && after.sites.length === 2)
copy(join('recordings', probe.key), (name) => name !== 'timing.json')
const manifest = JSON.parse(readFileSync(join(target, 'recordings', probe.key, 'recording.json'), 'utf8'))
// No path of this machine: the workbench writes where the model lies when it opens the workspace.
manifest.model.path = 'resources/demo/model'
write(join('recordings', probe.key, 'recording.json'), manifest)

const kept = documents
  .filter(({ kind, key }) => kind !== 'recording' || key === probe.key)
  .map(({ kind, key, after }) => ({ kind, key, value: settled(kind, after) }))
kept.push({ kind: 'evidence', key: 'evidence', value: { recording: probe.key } })
prompts.forEach((text, at) => kept.push({ kind: 'prompt', key: `prompt-${at + 1}`, value: { text } }))
const { neuronCount } = kept.find(({ kind, key }) => kind === 'ranking' && key === cut.ranking).value
write('documents.json', {
  version: 1,
  documents: [
    ...kept.filter(({ kind }) => kind !== 'cut'),
    {
      kind: 'cut',
      key: 'cut',
      value: { ranking: cut.ranking, k: Math.round((cut.percent / 100) * neuronCount) },
    },
  ],
})
const bytes = readdirSync(target, { recursive: true, encoding: 'utf8' })
  .map((name) => statSync(join(target, name)))
  .reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0)
console.log(`${target}: ${(bytes / 1e6).toFixed(1)} MB, ${kept.length + 1} documents`)

/** A document without what is not shipped. */
function settled(kind, after) {
  if (kind === 'model') return { ...after, name: 'SNIP demo model' }
  return kind === 'ranking' ? { ...after, inputs: { ...after.inputs, forget: null, retain: null } } : after
}

async function derive() {
  const vite = await createServer({
    configFile: false,
    root: repository,
    server: { middlewareMode: true },
    logLevel: 'error',
  })
  const derivation = await vite.ssrLoadModule('/src/main/services/workspace/derive-documents.ts')
  const schema = await vite.ssrLoadModule('/src/main/services/recipes/recipe-schema.ts')
  // The run's own record names the folder where it ran; this one is of this repository.
  const staging = mkdtempSync(join(tmpdir(), 'snip-demo-'))
  try {
    cpSync(run, staging, { recursive: true })
    const home = join(resources, 'demo')
    const recipe = schema.parseRecipe(readFileSync(join(home, 'recipe.yaml'), 'utf8'), 'recipe.yaml')
    writeFileSync(join(staging, 'recipe.json'), JSON.stringify({ version: 1, home, recipe }))
    return await derivation.deriveDocuments(staging, { resources, workspace: staging }, { at: madeAt })
  } finally {
    rmSync(staging, { recursive: true, force: true })
    await vite.close()
  }
}

function runDemo() {
  const out = join(mkdtempSync(join(tmpdir(), 'snip-demo-run-')), 'demo')
  const { status } = spawnSync(process.execPath, [join(repository, 'bin/snip.js'), 'demo', '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
  return out
}

function copy(part, wanted) {
  const from = join(run, part)
  if (!existsSync(from)) throw new Error(`${run} is no finished demo: it has no ${part}`)
  mkdirSync(join(target, part), { recursive: true })
  for (const name of readdirSync(from).toSorted()) {
    if (wanted(name)) writeFileSync(join(target, part, name), readFileSync(join(from, name)))
  }
}

function write(name, value) {
  writeFileSync(join(target, name), `${JSON.stringify(value, null, 1)}\n`)
}
