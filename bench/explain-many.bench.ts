import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conceptSchema } from '../src/contract/files.ts'
import { explainWithLanguageModel } from '../src/main/services/concepts/explain-llm.ts'
import { createLanguageModels } from '../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../src/main/services/language-models/secrets/session-secrets.ts'
import { quietTask } from '../src/main/services/task.ts'
import { everyNth, type Misbehaviour } from '../test/support/llm-server/behaviours.ts'
import { startLlmServer } from '../test/support/llm-server/llm-server.ts'
import { plantedWords } from '../test/support/llm-server/planted-words.ts'
import { modelsWithMadeUpEvidence, writeRecordingOf } from '../test/support/made-up-evidence.ts'
import { spread } from './harness/alternate.ts'
import { readOptions, report } from './harness/report.ts'

/** The neurons of GPT-2 small, explained by a server that misbehaves at every seventh request: what becomes of each. */
const { quick } = readOptions()
const layers = quick ? 1 : 12
const neurons = layers * 3072
const misbehaviours: readonly Misbehaviour[] = [
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 429, retryAfterSeconds: 1 },
  { kind: 'status', status: 500 },
  { kind: 'stall' },
  { kind: 'cut' },
  { kind: 'bad-json' },
  { kind: 'html' },
  { kind: 'empty' },
  { kind: 'refused' },
  { kind: 'text', text: '# Sorry\n\nAs an AI I **cannot** tell.' },
  { kind: 'text', text: '神经元寻找的是数字和标点符号以及其他内容。' },
  { kind: 'text', text: 'words that begin wi', finish: 'length' },
  { kind: 'huge', bytes: 1_000_000 },
  { kind: 'redirect', location: 'http://127.0.0.2:9/v1/chat/completions' },
  { kind: 'lying-usage', promptTokens: 1e9, completionTokens: -5 },
]

const folder = mkdtempSync(join(tmpdir(), 'snip-bench-many-'))
const server = await startLlmServer({ model: plantedWords([]), behaviour: everyNth(7, misbehaviours) })
try {
  const recording = join(folder, 'recording')
  writeRecordingOf(
    recording,
    Array.from({ length: layers }, () => 3072),
  )
  const languageModels = createLanguageModels({
    dataFolder: join(folder, 'data'),
    cacheFolder: join(folder, 'cache'),
    offline: () => false,
    secrets: new SessionSecrets(),
    patience: { answerMs: 20_000, silenceMs: 20_000 },
  })
  const provider = languageModels.addTransient({
    name: 'bench',
    baseUrl: server.baseUrl,
    chatModel: 'test-model',
    embeddingModel: null,
    concurrency: 64,
    plainHttpAllowed: false,
  })
  const ways = { explainer: 'summary', scorer: null, calibration: 'none', samples: 1, seed: 1, control: 0 } as const
  const out = join(folder, 'concepts.jsonl')
  const model = { path: recording, tokenizer: null }
  const request = { ...ways, recording, neurons: 'all', provider, budget: null, out, extend: false, model } as const
  const begun = performance.now()
  const outcome = await explainWithLanguageModel(
    modelsWithMadeUpEvidence(),
    languageModels,
    { ...request, tokenizer: null },
    quietTask(),
  )
  const seconds = (performance.now() - begun) / 1000
  const lines = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => conceptSchema.parse(JSON.parse(line)))
  const wrong = lines.filter(({ status, text, reason }) =>
    status === 'failed' ? text !== '' || !reason : !text.startsWith('the word "'),
  )
  const reasons = new Map<string, number>()
  for (const { status, reason = '' } of lines) {
    if (status === 'failed') reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  for (const [reason, count] of reasons) console.log(`${count} x ${reason.replace(/127\.0\.0\.1:\d+/, 'HOST')}`)
  const { explained, failed, skipped } = outcome
  console.log({ neurons, explained, failed, skipped, lines: lines.length, wrong: wrong.length })
  console.log({ requests: server.log.length, paidTwice: server.paidTwice().length })
  if (explained + failed + skipped !== neurons || lines.length !== neurons || wrong.length > 0) process.exitCode = 1
  report({
    kind: 'amount',
    name: `${neurons} neurons explained by a server that misbehaves at every 7th request, 64 in flight`,
    unit: 's',
    value: spread([seconds]),
    count: 1,
    target: null,
  })
  await languageModels.dispose()
} finally {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}
