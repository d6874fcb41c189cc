import { KeychainSecrets } from '../../../src/main/services/language-models/secrets/keychain-secrets.ts'
import { KeptAccounts } from '../../../src/main/services/language-models/secrets/kept-accounts.ts'
import { ProviderKeys } from '../../../src/main/services/language-models/secrets/provider-keys.ts'

const [dataFolder = '', ...steps] = process.argv.slice(2)
const provider = {
  id: 'p1',
  name: 'Test server',
  baseUrl: 'http://localhost:1/v1',
  chatModel: 'm',
  embeddingModel: null,
  concurrency: 1,
  plainHttpAllowed: false,
  capabilities: { logprobs: null, echo: null, embeddingDimensions: null, testedAt: null },
}
const secrets = new KeychainSecrets(undefined, 15_000)
const keys = new ProviderKeys(secrets, new KeptAccounts(dataFolder), {})

/** Does what the arguments say, one step after the other, and prints what each came to as a line of JSON. */
const doings: Readonly<Record<string, () => Promise<unknown>>> = {
  set: () => keys.set(provider, process.env['TEST_KEY'] ?? ''),
  state: () => keys.stateOf(provider),
  secret: () => keys.secretOf(provider),
  remove: () => keys.remove(provider),
  keychain: () => keys.keychain(),
  garbage: () => secrets.write('p1 http://localhost:1', 'no key\nat all'),
  elsewhere: () => keys.stateOf({ ...provider, baseUrl: 'http://localhost:2/v1' }),
}
for (const step of steps) {
  let result: unknown
  try {
    result = await doings[step]!()
  } catch (error) {
    result = { threw: String(error), kind: (error as { kind?: string }).kind }
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
process.exit(0)
