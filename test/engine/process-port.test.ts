import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { processPort } from '../../src/main/engine-host/client/process-port.ts'
import { scratchFolder } from './expectations.ts'

const echo = join(scratchFolder('process-port'), 'echo.mjs')
writeFileSync(echo, "process.on('message', (message) => process.send(message))\n")

test('a port carries messages, and drops what is posted when its channel has closed', async () => {
  const child = fork(echo)
  const errors: Error[] = []
  child.on('error', (error) => errors.push(error))
  const port = processPort(child)
  const received: unknown[] = []
  let closed = 0
  port.on('message', (event) => received.push(event?.data))
  port.on('close', () => closed++)
  port.postMessage('first')
  await once(child, 'message')
  expect(received).toEqual(['first'])

  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  // The channel breaks now or later: neither may end this process.
  for (let round = 0; round < 20; round++) {
    port.postMessage('later')
    await sleep(5)
  }
  await exited
  port.postMessage('too late')
  port.postMessage('too late')
  await sleep(20)
  expect(closed).toBe(1)
  expect(errors).toEqual([])
})
