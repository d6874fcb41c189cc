import { encodeBulk } from '../../src/main/engine-host/client/bulk.ts'
import { createLanguageModels } from '../../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../../src/main/services/language-models/secrets/session-secrets.ts'
import { explainWithLanguageModel } from '../../src/main/services/concepts/explain-llm.ts'
import type { Models } from '../../src/main/services/models/models.ts'
import { quietTask } from '../../src/main/services/task.ts'

/**
 * Explains the neurons of a recording in a process of its own that can be killed: `node explain-child URL RECORDING OUT DATA`. An engine
 * takes seconds to start; the windows here are made up, the same for a neuron every time, and all the rest is real.
 */
const [url = '', recording = '', out = '', data = ''] = process.argv.slice(2)

async function* evidence({ neurons }: { readonly neurons: readonly string[] }) {
  for (const [at, neuron] of neurons.entries()) {
    const number = Number(neuron.split(':')[2])
    const tokens = [' the', ` word${number}`, ' and', ` other${neuron.slice(0, 5)}`]
    const window = { window: at, tokens }
    const activations = encodeBulk(Float32Array.from([0, 1 + (number % 9), 0, 0.5]))
    yield { kind: 'neurons', windows: [window], neurons: [{ neuron, top: [at], random: [], activations }] }
  }
}

const client = { evidence: async (request: { readonly neurons: readonly string[] }) => evidence(request) }
const models = { open: async () => ({ handle: '' }), engine: { client } } as unknown as Models
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
