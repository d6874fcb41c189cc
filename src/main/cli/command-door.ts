import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ProviderId } from '../../contract/engine-host.ts'
import type { ModelReference } from '../services/engine/engine.ts'
import type { Models } from '../services/models/models.ts'
import type { Task } from '../services/task.ts'
import { createWorkbench, type Workbench } from '../services/workbench.ts'
import { createLanguageModels, type LanguageModels } from '../services/language-models/index.ts'
import { dataFolderOf } from '../services/session/data-folder.ts'
import { isOffline } from '../services/settings/is-offline.ts'
import type { CommandIo } from './command-io.ts'
import { printable } from './output/printable.ts'
import { ProgressLine } from './output/progress-line.ts'

/** Options that every command has, and those of every command that uses the engine. */
export interface CommonOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly threads?: number
  readonly provider?: ProviderId
  readonly tokenizer?: string
  readonly offline?: boolean
}

/** What a command answers: as data for programs, as text for people. */
export interface Answer {
  readonly json: unknown
  readonly text: string
}

/** One run of a command, as its action sees it. */
export interface Invocation {
  readonly io: CommandIo
  readonly json: boolean
  readonly task: Task
  readonly workbench: Workbench
  readonly models: Models
  /** Language models of servers, with keys from the environment. */
  readonly languageModels: LanguageModels
  /** A MODEL argument with the tokenizer of the options. */
  model(path: string): ModelReference
}

/** Where commands meet the services: builds what an action needs, prints what it answers, puts everything away. */
export class CommandDoor {
  readonly #io: CommandIo
  #workbench: Workbench | null = null
  #languageModels: LanguageModels | null = null

  constructor(io: CommandIo) {
    this.#io = io
  }

  /** Runs an action. With --json, stdout gets its data as one JSON object and nothing else. */
  async run(options: CommonOptions, action: (invocation: Invocation) => Promise<Answer> | Answer): Promise<void> {
    const io = this.#io
    const json = options.json ?? false
    const workbench = (this.#workbench = createWorkbench({
      hostFile: io.hostFile,
      settings: { threads: options.threads ?? 0, provider: options.provider ?? null },
      environment: io.environment,
      log: (line) => {
        if (options.verbose) io.err(`engine: ${line}\n`)
      },
    }))
    const dataFolder = dataFolderOf(io.environment, homedir())
    const isNothingSent = () => options.offline === true || isOffline(dataFolder)
    const languageModels = (this.#languageModels = createLanguageModels({
      dataFolder,
      cacheFolder: join(workbench.cacheFolder, 'language-models'),
      offline: isNothingSent,
      environment: io.environment,
      models: workbench.models,
      log: (line) => {
        if (options.verbose) io.err(`language models: ${line}\n`)
      },
    }))
    const progress = new ProgressLine(io, options.quiet ?? false)
    const warnings: string[] = []
    const task: Task = {
      signal: io.signal,
      report: (news) => progress.report(news),
      warn: (sentence) => void warnings.push(sentence),
      announce: (sentence) => {
        // Offline nothing leaves: what is asked is answered from what is there.
        if (options.quiet || isNothingSent()) return
        progress.clear()
        io.err(`${printable(sentence)}\n`)
      },
    }
    let answer: Answer
    try {
      answer = await action({
        io,
        json,
        task,
        workbench,
        models: workbench.models,
        languageModels,
        model: (path) => ({ path, tokenizer: options.tokenizer ?? null }),
      })
    } finally {
      progress.clear()
    }
    // After the work, so that a failure stays the only line on stderr.
    if (!options.quiet) for (const sentence of new Set(warnings)) io.err(`warning: ${printable(sentence)}\n`)
    io.out(json ? `${JSON.stringify(answer.json)}\n` : printable(answer.text))
  }

  async dispose(): Promise<void> {
    await this.#languageModels?.dispose()
    this.#languageModels = null
    await this.#workbench?.dispose()
    this.#workbench = null
  }
}
