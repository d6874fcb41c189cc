import { fork } from 'node:child_process'
import { createORPCClient, isDefinedError, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { withoutSecrets } from '../../../contract/child-environment.ts'
import { engineHostContract } from '../../../contract/engine-host.ts'
import { failureSchema, SnipError, toSnipError } from '../../../contract/failure.ts'
import { guardStream } from './guard-stream.ts'
import { processPort, type ProcessChannel } from './process-port.ts'

export type EngineHostClient = ContractRouterClient<typeof engineHostContract>

export interface HostExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running engine host. Calls that are pending when it dies reject with `host-died`. */
export interface EngineHost {
  readonly client: EngineHostClient
  readonly pid: number | undefined
  readonly whenExited: Promise<HostExit>
  /** False once the process is gone. */
  readonly alive: boolean
  /** Ends the process: kindly at first, by force after a second. */
  stop(): Promise<void>
  /** Ends the process at once, in the middle of whatever it does: ONNX Runtime cannot be interrupted. */
  kill(): void
}

/** The host's process as its parent holds it: a ChildProcess, or something of the same shape. */
export interface HostProcess extends ProcessChannel {
  readonly pid?: number | undefined
  readonly stderr: NodeJS.ReadableStream | null
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown
  disconnect(): void
  kill(signal: 'SIGKILL'): unknown
}

/** What every way of starting the host passes on to it. */
export interface HostLaunch {
  readonly hostFile: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly execArgv: readonly string[]
}

/** Starts the host's process. */
export type HostLauncher = (launch: HostLaunch) => HostProcess

/** Starts the host in a plain Node; in this process's own when no other is named. */
export function nodeLauncher(execPath: string = process.execPath): HostLauncher {
  return ({ hostFile, environment, execArgv }) =>
    fork(hostFile, [], {
      execPath,
      execArgv: [...execArgv],
      env: { ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
}

/** How the host died, as one sentence with what to do. */
export function describeExit({ code, signal }: HostExit, lastLog: string): SnipError {
  const how = signal === null ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`
  const killedForMemory = signal === 'SIGKILL' ? ' (the system may have been short of memory)' : ''
  return new SnipError('host-died', `The engine ${how}${killedForMemory} in the middle of the work`, {
    remedy: 'Run the command again: finished units are kept and the work goes on where it stopped.',
    detail: lastLog,
  })
}

export interface EngineHostStart {
  readonly hostFile: string
  readonly log: (line: string) => void
  /** How its process is started; as a plain Node like this one when left out. */
  readonly launch?: HostLauncher
}

/** What the host finds in its environment. */
export function hostEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return {
    ...withoutSecrets(environment),
    // ONNX Runtime 1.30 would else report its use to mobile.events.data.microsoft.com, and keep in the user's cache folder what it
    // could not send.
    ORT_DISABLE_TELEMETRY: '1',
    // Options meant for this process, an inspector for instance, would reach the host as well.
    NODE_OPTIONS: '',
    ELECTRON_RUN_AS_NODE: undefined,
  }
}

/**
 * Starts the engine host in a process of its own, since ONNX Runtime blocks its thread and may end its process.
 * `log` receives its stderr line by line. The host ends by itself when this process goes away.
 */
export function startEngineHost(options: EngineHostStart): EngineHost {
  const launch = options.launch ?? nodeLauncher()
  const child = launch({
    hostFile: options.hostFile,
    environment: hostEnvironment(process.env),
    execArgv: ['--enable-source-maps'],
  })
  const tail = keepLog(child, options.log)
  let exit: HostExit | null = null
  const whenExited = new Promise<HostExit>((resolve) => {
    child.on('error', (error) => {
      options.log(`The engine's process failed: ${error.message}`)
      // One that never started has no exit to wait for.
      if (child.pid === undefined) resolve({ code: null, signal: null })
    })
    child.once('exit', (code, signal) => resolve({ code, signal }))
  }).then((how) => (exit = how))

  const link = new RPCLink({
    port: processPort(child),
    interceptors: [
      async ({ next, signal }) => {
        const translate = (error: unknown) => asFailure(error, signal)
        try {
          if (exit || !child.connected) throw describeExit(await whenExited, tail())
          return guardStream(await next(), translate)
        } catch (error) {
          throw await translate(error)
        }
      },
    ],
  })

  /** Turns what the link throws into a SnipError; a broken channel waits for the exit that explains it. */
  async function asFailure(error: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    if (error instanceof SnipError) return error
    // Whatever the link makes of it: a call that its caller cancelled was cancelled.
    if (signal?.aborted && child.connected) return new SnipError('cancelled', 'Cancelled')
    if (error instanceof ORPCError) {
      const failure = failureSchema.safeParse((error as ORPCError<string, unknown>).data)
      if (isDefinedError(error) && failure.success) return SnipError.fromFailure(failure.data)
      return new SnipError('internal', `The engine refused a call: ${error.message}`, { detail: error.stack ?? '' })
    }
    if (error instanceof Error && error.name === 'AbortError' && child.connected) {
      return new SnipError('cancelled', 'Cancelled')
    }
    if (!child.connected || exit) return describeExit(await whenExited, tail())
    return toSnipError(error)
  }

  return {
    client: createORPCClient(link),
    pid: child.pid,
    whenExited,
    get alive() {
      return exit === null
    },
    async stop() {
      if (child.connected) child.disconnect()
      const force = setTimeout(() => child.kill('SIGKILL'), 1000)
      await whenExited
      clearTimeout(force)
    },
    kill() {
      child.kill('SIGKILL')
    },
  }
}

function keepLog(child: HostProcess, log: (line: string) => void): () => string {
  const recent: string[] = []
  let rest = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (chunk: string | Buffer) => {
    const text = String(chunk)
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (recent.push(line) > 50) recent.shift()
      log(line)
    }
  })
  return () => [...recent, rest].join('\n')
}
