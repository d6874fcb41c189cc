import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { SnipError, toSnipError } from '../../../contract/failure.ts'
import type { Job, JobKind } from '../../../contract/workbench/jobs.ts'
import { makeFolder } from '../../files/make-folder.ts'
import type { EventSink } from '../events/event-sink.ts'
import { withoutFlags } from '../flag-words.ts'
import { interruption } from '../task.ts'
import { jobTask, showJob, type JobEntry } from './job-entry.ts'
import { folderGone, forTheScreen, jobGone, noWorkspace } from './job-failures.ts'
import { JobRecord, isResumable, queuedState, type JobState } from './job-record.ts'
import type { JobRunner, JobTask, JobWork } from './job-runner.ts'

const mostListed = 500

export interface JobRunnerOptions {
  readonly events: EventSink
  /** Ends the engine's process: ONNX Runtime cannot be interrupted. */
  readonly killEngine: () => void
  /** How long a cancelled job may take to end by itself, in milliseconds. */
  readonly patienceMs?: number
}

interface AnyWork {
  readonly light: boolean
  readonly params: z.ZodType
  readonly run: (params: unknown, task: JobTask, folder: string) => Promise<string | null>
}

/** The jobs of the open workspace. `attach` it to a workspace's folder of jobs, and `detach` it before that closes. */
export class LiveJobRunner implements JobRunner {
  readonly #options: JobRunnerOptions
  readonly #works = new Map<JobKind, AnyWork>()
  readonly #waiting: (() => void)[] = []
  readonly #between: (() => Promise<void>)[] = []
  #jobsFolder: string | null = null
  #entries = new Map<string, JobEntry>()
  #detaching = false
  /** An errand between jobs is under way: the next job waits for it. */
  #onErrand = false

  constructor(options: JobRunnerOptions) {
    this.#options = options
  }

  register<Params>(kind: JobKind, { params, light, run }: JobWork<Params>): void {
    this.#works.set(kind, {
      light: light ?? false,
      params,
      run: (given, task, folder) => run(given as Params, task, folder),
    })
  }

  /** Takes up the jobs of a workspace. What was running when its process ended shows as interrupted. */
  attach(jobsFolder: string): void {
    this.#entries = new Map()
    this.#jobsFolder = jobsFolder
    for (const { record, state } of JobRecord.readAll(jobsFolder)) {
      const cut = state.state === 'running' || state.state === 'queued'
      const entry: JobEntry = { record, state, progress: null, secondsLeft: null, running: null }
      this.#entries.set(record.request.id, entry)
      if (cut) this.#settle(entry, 'interrupted', { endedAt: null })
    }
    this.#options.events.changed('jobs')
  }

  /** Stops all work; it shows as interrupted when the workspace is opened again. */
  async detach(): Promise<void> {
    this.#detaching = true
    try {
      const running = [...this.#entries.values()].filter((entry) => entry.running !== null)
      for (const entry of this.#entries.values()) {
        if (entry.state.state === 'queued') this.#settle(entry, 'interrupted', {})
      }
      for (const entry of running) this.#stop(entry, interruption())
      for (const entry of running) await entry.running?.ended
    } finally {
      this.#entries = new Map()
      this.#jobsFolder = null
      this.#detaching = false
    }
    // Errands that came meanwhile.
    this.#pump()
    this.#options.events.changed('jobs')
  }

  async start(kind: JobKind, title: string, params: unknown): Promise<string> {
    const { light, params: schema } = this.#workOf(kind)
    if (this.#jobsFolder === null || this.#detaching) throw noWorkspace()
    // Made again from here, a workspace that was removed would come back as a folder of jobs alone.
    if (!existsSync(this.#jobsFolder)) throw folderGone(this.#jobsFolder)
    const checked: unknown = schema.parse(params)
    const id = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`
    const request = { version: 1 as const, id, kind, title, params: checked, createdAt: Date.now() }
    const state = queuedState()
    const record = JobRecord.create(this.#jobsFolder, request, state)
    const entry: JobEntry = { record, state, progress: null, secondsLeft: null, running: null }
    this.#entries.set(id, entry)
    record.log(`Queued: ${title}`)
    this.#tell(entry)
    this.#options.events.changed('jobs', 'workspace')
    if (light) this.#run(entry)
    else this.#pump()
    return Promise.resolve(id)
  }

  list(): Job[] {
    const listed = [...this.#entries.values()].filter(({ state }) => !state.dismissed)
    return listed.toReversed().slice(0, mostListed).map(showJob)
  }

  find(id: string): Job {
    return showJob(this.#entry(id))
  }

  cancel(id: string): void {
    const entry = this.#entry(id)
    const { state } = entry.state
    if (state !== 'queued' && state !== 'running') return
    entry.record.log('Cancelled')
    this.#settle(entry, 'cancelled', {})
    this.#stop(entry)
    this.#options.events.status(`Cancelled: ${entry.record.request.title}`)
    this.#pump()
  }

  async resume(id: string): Promise<string> {
    const entry = this.#entry(id)
    if (!isResumable(entry.state)) {
      throw new SnipError('bad-argument', `"${entry.record.request.title}" cannot be started again`, {
        remedy: 'Start a new one.',
      })
    }
    const { light } = this.#workOf(entry.record.request.kind)
    // A cancelled job may still be at its last batch.
    await entry.running?.ended
    // The workspace may have been closed meanwhile: its folder is no longer this process's to write.
    if (this.#detaching || this.#entries.get(id) !== entry) throw jobGone()
    if (!isResumable(entry.state)) return id
    entry.record.log('Started again')
    this.#settle(entry, 'queued', { endedAt: null, failure: null, warnings: [], dismissed: false })
    if (light) this.#run(entry)
    else this.#pump()
    return id
  }

  dismiss(id: string): void {
    const entry = this.#entry(id)
    if (entry.state.state === 'queued' || entry.state.state === 'running') {
      throw new SnipError('busy', `"${entry.record.request.title}" is still at work`, { remedy: 'Cancel it first.' })
    }
    this.#settle(entry, entry.state.state, { dismissed: true, endedAt: entry.state.endedAt })
  }

  log(id: string): string[] {
    return this.#entry(id).record.readLog()
  }

  async settled(id: string): Promise<Job> {
    const entry = this.#entry(id)
    while (entry.state.state === 'queued' || entry.state.state === 'running' || entry.running !== null) {
      if (entry.running) await entry.running.ended
      else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return showJob(entry)
  }

  /** Does something when no job is using the engine: now, or after the one that runs. */
  betweenJobs(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#between.push(() => work().then(resolve, reject))
      this.#pump()
    })
  }

  #workOf(kind: JobKind): AnyWork {
    const work = this.#works.get(kind)
    if (work) return work
    throw new SnipError('internal', `Nothing here does jobs of the kind ${kind}`)
  }

  #entry(id: string): JobEntry {
    const entry = this.#entries.get(id)
    if (entry) return entry
    throw jobGone()
  }

  #holdsEngine(entry: JobEntry): boolean {
    return entry.running !== null && !this.#workOf(entry.record.request.kind).light
  }

  /** Starts the next job, when none holds the engine. */
  #pump(): void {
    if (this.#onErrand || this.#detaching) return
    if ([...this.#entries.values()].some((entry) => this.#holdsEngine(entry))) return
    const errand = this.#between.shift()
    if (errand) {
      this.#onErrand = true
      void errand().finally(() => {
        this.#onErrand = false
        this.#pump()
      })
      return
    }
    for (const entry of this.#entries.values()) {
      if (entry.state.state === 'queued' && entry.running === null) {
        this.#run(entry)
        return
      }
    }
  }

  #run(entry: JobEntry): void {
    const controller = new AbortController()
    const { request } = entry.record
    entry.progress = null
    entry.secondsLeft = null
    let finish = () => {}
    entry.running = { controller, ended: new Promise((resolve) => (finish = resolve)) }
    this.#settle(entry, 'running', { startedAt: Date.now(), endedAt: null })
    void this.#work(entry, controller.signal).finally(() => {
      entry.running = null
      entry.record.log(`Ended: ${entry.state.state}`)
      finish()
      this.#wake()
      if (this.#jobsFolder !== null) this.#options.events.changed('jobs', 'workspace')
      this.#pump()
    })
    entry.record.log(`Started: ${request.title}`)
  }

  async #work(entry: JobEntry, signal: AbortSignal): Promise<void> {
    const { request, workFolder } = entry.record
    try {
      if (!existsSync(entry.record.folder)) throw folderGone(entry.record.folder)
      makeFolder(workFolder)
      const work = this.#workOf(request.kind)
      const params: unknown = work.params.parse(request.params)
      const result = await work.run(
        params,
        jobTask(entry, signal, () => this.#tell(entry)),
        workFolder,
      )
      // Done although it was cancelled a moment ago: what it made is there.
      this.#settle(entry, 'done', { result, failure: null })
      this.#options.events.status(`Done: ${request.title}`)
    } catch (error) {
      if (signal.aborted) {
        this.#settle(entry, this.#detaching ? 'interrupted' : 'cancelled', {})
        return
      }
      const failure = forTheScreen(toSnipError(withoutFlags(error)).toFailure())
      entry.record.log(
        `${failure.kind}: ${failure.message}${failure.detail === undefined ? '' : ` (${failure.detail})`}`,
      )
      this.#settle(entry, 'failed', { failure })
      this.#options.events.status(failure.message)
    }
  }

  /** Asks the work of a job to end, and ends the engine when it does not. */
  #stop(entry: JobEntry, reason = new SnipError('cancelled', 'Cancelled')): void {
    const { running } = entry
    if (running === null) return
    running.controller.abort(reason)
    if (this.#workOf(entry.record.request.kind).light) return
    const timer = setTimeout(() => {
      entry.record.log('It did not end by itself: the engine was stopped')
      this.#options.killEngine()
    }, this.#options.patienceMs ?? 2000)
    void running.ended.then(() => clearTimeout(timer))
  }

  /** Moves a job to a state, keeps it and tells it. A state that cannot be written is shown all the same. */
  #settle(entry: JobEntry, state: JobState['state'], changes: Partial<Omit<JobState, 'state'>>): void {
    const ended = state === 'done' || state === 'failed' || state === 'cancelled' || state === 'interrupted'
    entry.state = { ...entry.state, ...(ended ? { endedAt: Date.now() } : {}), ...changes, state }
    if (state !== 'running') entry.secondsLeft = null
    if (state === 'queued') entry.progress = null
    try {
      entry.record.writeState(entry.state)
    } catch (error) {
      const failure = toSnipError(error)
      entry.record.log(`The state could not be written: ${failure.message}`)
      // Nothing is lost: at the next start the job shows as interrupted and goes on where it stopped.
      if (ended && state !== 'interrupted') this.#options.events.status(failure.message)
    }
    this.#tell(entry)
    this.#options.events.changed('jobs', 'workspace')
    this.#wake()
  }

  #tell(entry: JobEntry): void {
    this.#options.events.job(showJob(entry))
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
