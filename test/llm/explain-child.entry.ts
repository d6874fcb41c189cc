import { createLanguageModels } from '../../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../../src/main/services/language-models/secrets/session-secrets.ts'
import { explainWithLanguageModel } from '../../src/main/services/concepts/explain-llm.ts'
import { quietTask } from '../../src/main/services/task.ts'
import { modelsWithMadeUpEvidence } from '../support/made-up-evidence.ts'

/**
 * Explains the neurons of a recording in a process of its own that can be killed: `node explain-child URL RECORDING OUT DATA`. The
 * windows are made up; all the rest is real.
 */
const [url = '', recording = '', out = '', data = ''] = process.argv.slice(2)

const models = modelsWithMadeUpEvidence()
const languageModels = createLanguageModels({
  dataFolder: `${data}/data`,
  // Of this process alone: what is asked again must come from the answers of the work itself.
  cacheFolder: `${data}/cache-${process.pid}`,
  offline: () => false,
  secrets: new SessionSecrets(),
})
const provider = languageModels.addTransient({
  name: 'test',
  baseUrl: url,
  chatModel: 'test-model',
  embeddingModel: null,
  concurrency: 16,
  plainHttpAllowed: false,
})
const ways = { explainer: 'summary', scorer: null, calibration: 'none', samples: 1, seed: 1 }
const request = { ...ways, recording, neurons: 'all', provider, budget: null, out, extend: false, control: 0 } as const
const model = { path: '', tokenizer: null }
await explainWithLanguageModel(models, languageModels, { ...request, tokenizer: null, model }, quietTask())
await languageModels.dispose()
