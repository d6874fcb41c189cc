import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { takeWriterLock } from '../../../src/main/services/jobs/writer-lock.ts'
import { failureOf, scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const holder = (pid: number, started: string | null, host = hostname()) => JSON.stringify({ pid, started, host })

describe('a writer lock', () => {
  it('is gone after its release, and only the process that holds it names itself in it', () => {
    const path = join(folder, 'a.lock')
    const lock = takeWriterLock(path, 'a')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() })
    lock.release()
    expect(existsSync(path)).toBe(false)
  })

  it('refuses a second writer and names the first one by its process', () => {
    const path = join(folder, 'b.lock')
    const lock = takeWriterLock(path, 'the folder b')
    const failure = failureOf(() => takeWriterLock(path, 'the folder b'))
    expect(failure.kind).toBe('busy')
    expect(failure.message).toBe(`Process ${process.pid} is writing the folder b`)
    lock.release()
  })

  it('takes over the lock of a process that is gone', () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    const path = join(folder, 'c.lock')
    writeFileSync(path, holder(pid, '1'))
    const lock = takeWriterLock(path, 'c')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid })
    lock.release()
  })

  it('clears away what a process left that was killed while it took the lock, and nothing else', () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    const path = join(folder, 'left.lock')
    const left = [`${path}.${pid}`, `${path}.${pid}.stale`]
    const others = [`${path}.${process.pid}.stale`, `${path}.old`, join(folder, `other.lock.${pid}`)]
    for (const file of [...left, ...others]) writeFileSync(file, '')
    const elsewhere = `${path}.${pid}0`
    writeFileSync(elsewhere, holder(pid, null, 'another-machine'))
    takeWriterLock(path, 'left').release()
    expect(left.map((file) => existsSync(file))).toEqual([false, false])
    expect([...others, elsewhere].map((file) => existsSync(file))).toEqual([true, true, true, true])
  })

  it('takes over a lock whose number now belongs to a younger process', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
    await once(child, 'spawn')
    const path = join(folder, 'd.lock')
    writeFileSync(path, holder(child.pid ?? 0, '1'))
    takeWriterLock(path, 'd').release()
    // Where the system does not tell when a process started, a live number is a live writer.
    writeFileSync(path, holder(child.pid ?? 0, null))
    expect(failureOf(() => takeWriterLock(path, 'd')).kind).toBe('busy')
    child.kill('SIGKILL')
    await once(child, 'exit')
    takeWriterLock(path, 'd').release()
  })

  // Only /proc tells a killed process that nobody has waited for from a live one.
  it.runIf(existsSync('/proc/self/stat'))(
    'takes over the lock of a killed process that its parent has not waited for',
    async () => {
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
      const [said] = (await once(parent.stdout, 'data')) as [Buffer]
      const pid = Number(said.toString())
      const path = join(folder, 'zombie.lock')
      writeFileSync(path, holder(pid, null))
      expect(failureOf(() => takeWriterLock(path, 'z')).kind).toBe('busy')
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /)
      takeWriterLock(path, 'z').release()
      parent.kill('SIGKILL')
      await once(parent, 'exit')
    },
  )

  it('never takes over the lock of another machine', () => {
    const path = join(folder, 'e.lock')
    writeFileSync(path, holder(1, null, 'another-machine'))
    const failure = failureOf(() => takeWriterLock(path, 'e'))
    expect(failure.message).toBe('Process 1 on another-machine is writing e')
  })

  it('takes over a lock that says nothing', () => {
    const path = join(folder, 'f.lock')
    writeFileSync(path, '')
    takeWriterLock(path, 'f').release()
    expect(existsSync(path)).toBe(false)
  })
})
