import { existsSync, realpathSync, rmSync } from 'node:fs'
import { cp, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { WorkspaceState } from '../../../contract/workbench/workspace.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { fileError } from '../../files/write-aside.ts'
import type { EventSink } from '../events/event-sink.ts'
import type { Grants } from '../grants/grants.ts'
import type { LiveJobRunner } from '../jobs/job-runner-live.ts'
import { staleRanking } from '../rankings/rankings.ts'
import { recentId } from '../recent/recent-file.ts'
import { openWorkspaceFolder, type HeldWorkspace } from './open-workspace.ts'
import { RecentList } from './recent-list.ts'
import { deriveSteps } from './steps.ts'
import { workspaceVersion } from '../recipes/workspace-folder.ts'
import { checkFolderName } from './workspace-name.ts'
import { writeWorkspaceManifest } from './workspace-manifest.ts'
import type { Workspaces } from './workspaces.ts'

export interface WorkspacesOptions {
  readonly resources: string
  readonly dataFolder: string
  readonly events: EventSink
  readonly grants: Grants
  readonly jobs: LiveJobRunner
}

/** The workspaces of one process; opening one closes the other. */
export class LiveWorkspaces implements Workspaces {
  readonly #options: WorkspacesOptions
  readonly #recent: RecentList
  #held: HeldWorkspace | null = null
  #address: string | null = null
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: WorkspacesOptions) {
    this.#options = options
    this.#recent = new RecentList(options.dataFolder)
  }

  /** The open workspace; throws `not-found` when there is none or its folder is gone. */
  get current(): HeldWorkspace {
    if (this.#held === null) {
      throw new SnipError('not-found', 'No workspace is open', { remedy: 'Open or create one first.' })
    }
    this.#held.check()
    return this.#held
  }

  get currentOrNull(): HeldWorkspace | null {
    return this.#held
  }

  state(): WorkspaceState | null {
    if (this.#held === null) return null
    const workspace = this.current
    const { store, folder, name, schemaVersion } = workspace
    const { steps, next } = deriveSteps({
      store,
      jobs: this.#options.jobs.list(),
      staleRanking: (id) => {
        const ranking = store.get('ranking', id)
        return ranking === null ? null : staleRanking(ranking, workspace)
      },
    })
    const cut = store.get('cut', 'cut')
    return {
      name,
      path: folder,
      schemaVersion,
      steps,
      next,
      undo: store.undoLabel,
      redo: store.redoLabel,
      cut: cut !== null && store.get('ranking', cut.ranking) !== null ? cut : null,
    }
  }

  recent(): ReturnType<Workspaces['recent']> {
    return this.#recent.read().map(({ path, name, openedAt, exists }) => ({
      // What is gone has no grant; its id opens nothing.
      id: exists ? this.#options.grants.grant(path).id : recentId(path),
      name,
      path,
      openedAt,
      exists,
    }))
  }

  forgetRecent(id: string): void {
    const entry = this.recent().find((one) => one.id === id)
    if (!entry) throw new SnipError('not-found', 'That workspace is no longer on the list')
    this.#recent.remove(entry.path)
    this.#options.events.changed('workspace')
  }

  create(parent: string, name: string): Promise<WorkspaceState> {
    return this.#inOrder(async () => {
      checkFolderName(name)
      const folder = join(parent, name)
      if (existsSync(folder)) {
        throw new SnipError('exists', `${basename(parent)} already holds something named ${name}`, {
          remedy: 'Choose another name, or open what is there.',
        })
      }
      try {
        makeFolder(folder)
        writeWorkspaceManifest(folder, { version: workspaceVersion, name })
      } catch (error) {
        // Only what was made here a moment ago.
        rmSync(folder, { recursive: true, force: true })
        throw fileError(error, folder, 'write')
      }
      return this.#open(folder)
    })
  }

  open(folder: string): Promise<WorkspaceState> {
    return this.#inOrder(() => this.#open(folder))
  }

  openDemo(fresh: boolean): Promise<WorkspaceState> {
    return this.#inOrder(async () => {
      const source = join(this.#options.resources, 'demo', 'workspace')
      if (!existsSync(source)) {
        throw new SnipError('not-found', `The demo's files are missing: there is no ${source}`, {
          remedy: 'Install the program again.',
        })
      }
      const folder = this.#demoFolder(fresh)
      if (!existsSync(folder)) await copyWhole(source, folder)
      return this.#open(folder)
    })
  }

  close(): Promise<void> {
    return this.#inOrder(() => this.#close())
  }

  rename(name: string): Promise<WorkspaceState> {
    return this.#inOrder(() => {
      const workspace = this.current
      workspace.rename(name)
      this.#recent.add(workspace.folder, name)
      this.#options.events.changed('workspace')
      return Promise.resolve(this.state()!)
    })
  }

  announce(address: string | null): void {
    this.#address = address
    this.#held?.lock.announce(address)
  }

  async #open(given: string): Promise<WorkspaceState> {
    let folder: string
    try {
      folder = realpathSync(given)
    } catch (error) {
      throw fileError(error, given, 'read')
    }
    if (this.#held?.folder === folder) return this.state()!
    const { resources, events, jobs } = this.#options
    const opened = await openWorkspaceFolder(folder, {
      resources,
      changed: (topics) => events.changed(...topics),
    })
    await this.#close()
    this.#held = opened
    if (this.#address !== null) opened.lock.announce(this.#address)
    jobs.attach(opened.file('jobs'))
    this.#recent.add(folder, opened.name)
    events.changed('workspace', ...everything)
    events.status(opened.notice ?? `Opened "${opened.name}".`)
    return this.state()!
  }

  async #close(): Promise<void> {
    const held = this.#held
    if (held === null) return
    await this.#options.jobs.detach()
    this.#held = null
    await held.close()
    this.#options.events.changed('workspace', ...everything)
  }

  /** Where the copy of the demo lies, or shall lie. */
  #demoFolder(fresh: boolean): string {
    const first = join(this.#options.dataFolder, 'demo')
    if (!fresh) return first
    let folder = first
    for (let number = 2; existsSync(folder); number++) folder = `${first}-${number}`
    return folder
  }

  /** One opening or closing after the other. */
  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work, work)
    this.#tail = result.catch(() => {})
    return result
  }
}

/** What every view shows changes with the workspace. */
const everything = [
  'model',
  'datasets',
  'recordings',
  'neurons',
  'concepts',
  'pins',
  'forget-concepts',
  'rankings',
  'plans',
  'runs',
  'sweeps',
  'prompts',
  'exports',
  'jobs',
] as const

/** Copies a folder so that it is there whole or not at all. */
async function copyWhole(source: string, folder: string): Promise<void> {
  const aside = `${folder}.partial`
  try {
    rmSync(aside, { recursive: true, force: true })
    await cp(source, aside, { recursive: true })
    await rename(aside, folder)
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    throw fileError(error, folder, 'write')
  }
}
