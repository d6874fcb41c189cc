import { fork, type ChildProcess } from 'node:child_process'
import { createORPCClient, isDefinedError, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { engineHostContract } from '../../../contract/engine-host.ts'
import { failureSchema, SnipError, toSnipError } from '../../../contract/failure.ts'
import { guardStream } from './guard-stream.ts'
import { processPort } from './process-port.ts'

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

/** How the host died, as one sentence with what to do. */
export function describeExit({ code, signal }: HostExit, lastLog: string): SnipError {
  const how = signal === null ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`
  const killedForMemory = signal === 'SIGKILL' ? ' (the system may have been short of memory)' : ''
  return new SnipError('host-died', `The engine ${how}${killedForMemory} in the middle of the work`, {
    remedy: 'Run the command again: finished units are kept and the work goes on where it stopped.',
    detail: lastLog,
  })
}

/**
 * Starts the engine host in a plain Node process of its own, since ONNX Runtime blocks its thread and may end its process.
 * `log` receives its stderr line by line. The host ends by itself when this process goes away.
 */
export function startEngineHost(options: { hostFile: string; log: (line: string) => void }): EngineHost {
  const child = fork(options.hostFile, [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, NODE_OPTIONS: '' },
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

function keepLog(child: ChildProcess, log: (line: string) => void): () => string {
  const recent: string[] = []
  let rest = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (recent.push(line) > 50) recent.shift()
      log(line)
    }
  })
  return () => [...recent, rest].join('\n')
}
