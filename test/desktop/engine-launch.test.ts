import { EventEmitter } from 'node:events'
import { spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startEngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'
import { chooseEngineLaunch, type EngineSurroundings } from '../../src/main/desktop/engine-launch.ts'
import { exitOf, utilityLauncher, type UtilityProcesses } from '../../src/main/desktop/utility-process.ts'
import { nodeLauncher, type HostLauncher } from '../../src/main/services/engine/host-launch.ts'

const repository = resolve(import.meta.dirname, '../..')

const packaged: EngineSurroundings = {
  packaged: true,
  platform: 'linux',
  arch: 'x64',
  resourcesPath: '/opt/snip/resources',
  appPath: '/opt/snip/resources/app.asar',
  environment: { npm_node_execpath: '/usr/bin/node' },
  exists: () => true,
}

describe('in which process the engine runs', () => {
  test('a package takes the Node that came with it and no other', () => {
    expect(chooseEngineLaunch(packaged)).toEqual({ kind: 'node', execPath: '/opt/snip/resources/node/node' })
    expect(chooseEngineLaunch({ ...packaged, platform: 'win32' })).toEqual({
      kind: 'node',
      execPath: '/opt/snip/resources/node/node.exe',
    })
  })

  test('a package without one runs it inside Electron, and says why and what that means', () => {
    const launch = chooseEngineLaunch({ ...packaged, exists: (path) => path === '/usr/bin/node' })
    expect(launch).toEqual({
      kind: 'utility-process',
      because:
        'No Node came with this program (/opt/snip/resources/node/node): the engine runs inside Electron, where a model that needs more than 2 GiB in one piece ends it.',
    })
  })

  test('the repository takes the Node that started it, or else a staged one', () => {
    const unpackaged = { ...packaged, packaged: false, appPath: '/home/me/snip' }
    expect(chooseEngineLaunch(unpackaged)).toEqual({ kind: 'node', execPath: '/usr/bin/node' })
    expect(chooseEngineLaunch({ ...unpackaged, environment: {} })).toEqual({
      kind: 'node',
      execPath: '/home/me/snip/out/node/linux-x64/node',
    })
  })
})

/** A utility process made of an ordinary child: `parentPort` and all, through a small module that is loaded first. */
function utilityProcesses(started: { args: string[]; env: Record<string, string> }[]): UtilityProcesses {
  return {
    fork(file, args, { env, execArgv }) {
      started.push({ args, env })
      const shim = `data:text/javascript,${encodeURIComponent(`
        import { EventEmitter } from 'node:events'
        const port = new EventEmitter()
        // Electron's port, too, begins to deliver when someone listens.
        port.once('newListener', () => process.on('message', (data) => port.emit('message', { data })))
        port.postMessage = (data) => process.send(data)
        process.parentPort = port
      `)}`
      const child = spawn(process.execPath, [...execArgv, '--import', shim, file, ...args], {
        env,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
      })
      const utility = Object.assign(new EventEmitter(), {
        pid: child.pid,
        stderr: new PassThrough(),
        postMessage: (message: never) => void child.send(message),
        kill: () => child.kill('SIGTERM'),
      })
      child.stderr!.pipe(utility.stderr)
      child.on('message', (message) => utility.emit('message', message))
      child.on('exit', (code, signal) => utility.emit('exit', signal === 'SIGKILL' ? 9 : (code ?? 15)))
      return utility as never
    },
  }
}

describe('the engine inside Electron', () => {
  const hostFile = resolve(repository, 'out/main/engine-host.js')

  test('answers over its parent port, is started without an arena and without NODE_OPTIONS', async () => {
    const started: { args: string[]; env: Record<string, string> }[] = []
    const host = startEngineHost({
      hostFile,
      log: () => undefined,
      launch: utilityLauncher(utilityProcesses(started)),
    })
    const found = await host.client.probe()
    expect(found.pid).toBe(host.pid)
    expect(started.map(({ args, env }) => [args, env['NODE_OPTIONS']])).toEqual([[['--no-arena'], '']])
    await host.stop()
    expect(host.alive).toBe(false)
  })

  test('its death in the middle of work names the signal and what to do', async () => {
    const host = startEngineHost({ hostFile, log: () => undefined, launch: utilityLauncher(utilityProcesses([])) })
    await host.client.probe()
    const model = resolve(repository, 'resources/demo/model')
    const pending = host.client.open({ path: model, tokenizer: null, threads: 1, provider: 'cpu' })
    host.kill()
    await expect(pending).rejects.toMatchObject({
      kind: 'host-died',
      message: expect.stringContaining('was ended by SIGKILL'),
      remedy: expect.stringContaining('where it stopped'),
    })
  })

  test('an exit that Electron tells as one number is named by its signal', () => {
    expect([0, 1, 5, 9, 11, 133, 139, 70].map(exitOf)).toEqual([
      [0, null],
      [1, null],
      [null, 'SIGTRAP'],
      [null, 'SIGKILL'],
      [null, 'SIGSEGV'],
      [null, 'SIGTRAP'],
      [null, 'SIGSEGV'],
      [70, null],
    ])
  })

  test('computes without an arena what it computes with one, bit for bit', async () => {
    const path = resolve(repository, 'resources/demo/model')
    const lossesIn = async (launch: HostLauncher) => {
      const host = startEngineHost({ hostFile, log: () => undefined, launch })
      const { handle } = await host.client.open({ path, tokenizer: null, threads: 1, provider: 'cpu' })
      const { logprobs } = await host.client.logprobs({ handle, ids: [10, 20, 30, 40, 50, 60], plan: null })
      await host.stop()
      return logprobs
    }
    const without = await lossesIn(utilityLauncher(utilityProcesses([])))
    expect(without.length).toBe(5)
    expect(without).toEqual(await lossesIn(nodeLauncher()))
  })
})

describe('the engine in another Node', () => {
  test('runs in the binary that was named, without options of this process', async () => {
    const before = process.env['NODE_OPTIONS']
    process.env['NODE_OPTIONS'] = '--no-such-option'
    try {
      const host = startEngineHost({
        hostFile: resolve(repository, 'out/main/engine-host.js'),
        log: () => undefined,
        launch: nodeLauncher(process.execPath),
      })
      expect((await host.client.probe()).node).toBe(process.version)
      await host.stop()
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS']
      else process.env['NODE_OPTIONS'] = before
    }
  })
})
