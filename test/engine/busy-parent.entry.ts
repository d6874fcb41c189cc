import { startEngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'

/** A parent that keeps an engine host busy: `node busy-parent HOST MODEL TEXT`. Prints the host's process number once it works. */
const [hostFile = '', model = '', text = ''] = process.argv.slice(2)
const host = startEngineHost({ hostFile, log: () => undefined })
const { client } = host
const { handle } = await client.open({ path: model, tokenizer: null, threads: 1, provider: 'cpu' })
const documents = [{ text: `${text} `.repeat(2000) }]
const { corpus } = await client.corpus({ handle, documents, keepShort: false, window: 64, tokens: null })
let told = false
for await (const event of await client.losses({ handle, corpus, plan: null, ranks: false })) {
  if (!told && event.kind === 'progress') process.stdout.write(`${host.pid}\n`)
  told = true
}
await host.stop()
