import { EventEmitter } from 'node:events'
import type { UtilityProcess } from 'electron'
import type { HostLauncher, HostProcess } from '../services/engine/host-launch.ts'

/** The part of Electron's `utilityProcess` that starts a process. */
export interface UtilityProcesses {
  fork(
    file: string,
    args: string[],
    options: { env: Record<string, string>; execArgv: string[]; stdio: Array<'ignore' | 'pipe'>; serviceName: string },
  ): UtilityProcess
}

/** Starts the engine's host inside Electron, without ONNX Runtime's arena, which asks for memory in doubling pieces. */
export function utilityLauncher(utilityProcess: UtilityProcesses): HostLauncher {
  return ({ hostFile, environment, execArgv }) => {
    const env: Record<string, string> = {}
    for (const [name, value] of Object.entries(environment)) if (value !== undefined) env[name] = value
    const child = utilityProcess.fork(hostFile, ['--no-arena'], {
      env,
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'pipe'],
      serviceName: 'SNIP engine',
    })
    return new UtilityHostProcess(child)
  }
}

/** A utility process in the shape of a ChildProcess. */
class UtilityHostProcess extends EventEmitter implements HostProcess {
  readonly #child: UtilityProcess
  #ended = false

  constructor(child: UtilityProcess) {
    super()
    this.#child = child
    child.on('message', (message: unknown) => this.emit('message', message))
    child.on('exit', (code: number) => {
      this.#ended = true
      this.emit('disconnect')
      this.emit('exit', ...exitOf(code))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get stderr(): NodeJS.ReadableStream | null {
    return this.#child.stderr
  }

  get connected(): boolean {
    return !this.#ended
  }

  send(message: unknown, sent: (error: Error | null) => void): boolean {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
    this.#child.postMessage(message)
    sent(null)
    return true
  }

  /** A utility process has no channel to close: it is asked to end. */
  disconnect(): void {
    this.#child.kill()
  }

  kill(signal: 'SIGKILL'): void {
    const { pid } = this.#child
    if (pid === undefined) this.#child.kill()
    // Electron's own `kill` sends SIGTERM, which waits for the native call that is to be ended.
    else process.kill(pid, signal)
  }
}

const signalNumbers: Readonly<Record<number, NodeJS.Signals>> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
}

/** Code and signal of an exit that Electron tells as one number: a wait status, 128 + the signal, or the plain code. */
export function exitOf(code: number): [code: number | null, signal: NodeJS.Signals | null] {
  const signal = signalNumbers[code] ?? (code > 128 ? signalNumbers[code - 128] : undefined)
  return signal === undefined ? [code, null] : [null, signal]
}
