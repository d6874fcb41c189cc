import { spawn } from 'node:child_process'

/**
 * Runs a script in a Node of its own, in the same terminal; signals sent to us reach it.
 *
 * @param {string[]} args the script's path and its arguments
 * @param {{ cwd?: string, outputToStderr?: boolean, env?: Record<string, string> }} [options]
 * @returns {Promise<number>} its exit code; 128 + n where signal n ended it
 */
export function runNode(args, { cwd, outputToStderr = false, env } = {}) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['inherit', outputToStderr ? process.stderr : 'inherit', 'inherit'],
      ...(env ? { env: { ...process.env, ...env } } : {}),
    })
    const forward = (signal) => child.kill(signal)
    for (const signal of signals) process.on(signal, forward)
    const stop = () => {
      for (const signal of signals) process.off(signal, forward)
    }
    child.on('error', (error) => {
      stop()
      reject(error)
    })
    child.on('close', (code, signal) => {
      stop()
      resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0))
    })
  })
}
