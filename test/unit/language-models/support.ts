import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import type { ProviderDraft } from '../../../src/contract/workbench/providers.ts'
import type { ChatRequest } from '../../../src/core/concepts/language-model.ts'
import { systemClock, type Clock } from '../../../src/main/services/language-models/clock.ts'
import {
  createLanguageModels,
  type LanguageModels,
  type LanguageModelsOptions,
} from '../../../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../../../src/main/services/language-models/secrets/session-secrets.ts'
import { startLlmServer, type LlmServer, type LlmServerOptions } from '../../support/llm-server/llm-server.ts'

export const canary = 'sk-canary-0123456789abcdefXYZW'
export const never = new AbortController().signal

export function folderOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `snip-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A clock a thousand times as fast as others, which keeps what it was told to sleep and jumps back in wall time at every look. */
export function fastClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = []
  let wall = Date.UTC(2026, 10, 20)
  return {
    slept,
    now: () => performance.now() * 1000,
    wallTime: () => (wall -= 1000),
    sleep: (ms, signal) => {
      slept.push(ms)
      // Timers of the system may end a little early, and nobody waits twice for that.
      return systemClock.sleep(Math.ceil(ms / 1000) + 1, signal)
    },
    random: () => 0.5,
  }
}

export interface Bench {
  readonly server: LlmServer
  readonly models: LanguageModels
  readonly id: string
  readonly folder: string
  readonly clock: ReturnType<typeof fastClock>
  readonly logged: string[]
  /** The same program started anew. */
  again(options?: Partial<LanguageModelsOptions>): LanguageModels
}

const open: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A server, and a program that knows it. */
export async function bench(
  serverOptions: LlmServerOptions = {},
  draft: Partial<ProviderDraft> = {},
  options: Partial<LanguageModelsOptions> = {},
): Promise<Bench> {
  const server = await startLlmServer(serverOptions)
  open.push(() => server.close())
  const folder = folderOf('llm')
  const clock = fastClock()
  const logged: string[] = []
  const secrets = new SessionSecrets()
  const again = (more: Partial<LanguageModelsOptions> = {}) => {
    const models = createLanguageModels({
      dataFolder: join(folder, 'data'),
      cacheFolder: join(folder, 'cache'),
      offline: () => false,
      secrets,
      clock,
      log: (line) => logged.push(line),
      patience: { answerMs: 20_000, silenceMs: 20_000 },
      ...options,
      ...more,
    })
    open.push(() => models.dispose())
    return models
  }
  const models = again()
  const { id } = await models.save({ id: null, ...draftOf(server.baseUrl), ...draft })
  return { server, models, id, folder, clock, logged, again }
}

export function draftOf(baseUrl: string): ProviderDraft {
  return {
    name: 'Test server',
    baseUrl,
    chatModel: 'test-model',
    embeddingModel: 'test-embedding',
    concurrency: 8,
    plainHttpAllowed: false,
  }
}

export function chatOf(text: string, more: Partial<ChatRequest> = {}): ChatRequest {
  return {
    messages: [{ role: 'user', content: text }],
    maxTokens: 20,
    temperature: 0,
    topP: 1,
    seed: null,
    topLogprobs: null,
    ...more,
  }
}
