import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { recordingFiles } from '../../src/core/recording/recording-format.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { buildHost } from './build-host.ts'
import { expectFailure, scratchFolder } from './expectations.ts'
import { openHandle } from './families.ts'
import { readStream, startHost, startHostOf, type TestHost } from './host.ts'
import { recordingBytes } from './recorded.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('resume')
const kills = 20
const { directory: model } = makeGpt2(join(work, 'model'), { layers: 2, width: 32, context: 64 })
const documents = [{ text: randomText(9, 9000) }]
const hostFile = await buildHost('frequent-checkpoints.host.ts')

/** Starts recording; the stream ends when the recording does, or the host. */
async function startRecording(host: TestHost, directory: string, tokens: number | null = null) {
  const { handle } = await openHandle(host, model, 1)
  const { corpus } = await host.client.corpus({ handle, documents, keepShort: false, window: 64, tokens })
  return host.client.record({ handle, corpus, directory, sites: ['mlp', 'attention'], seed: 4 })
}

async function recordWhole(host: TestHost, directory: string, tokens: number | null = null) {
  mkdirSync(directory, { recursive: true })
  try {
    return await readStream(startRecording(host, directory, tokens))
  } finally {
    await host.stop()
  }
}

let folders = 0

function newFolder(): string {
  const folder = join(work, `killed-${folders++}`)
  mkdirSync(folder)
  return folder
}

function expectSameBytes(folder: string, alone: string): void {
  expect(recordingBytes(folder)).toEqual(recordingBytes(alone))
}

function windowsSaved(directory: string): number {
  const path = join(directory, recordingFiles.checkpoint)
  return existsSync(path) ? Number(readFileSync(path).readBigUInt64LE(0)) : 0
}

describe('a recording', () => {
  test(`killed ${kills} times at random moments ends in the bytes of one that was left alone`, async () => {
    const alone = join(work, 'alone')
    const { done } = await recordWhole(await startHost(), alone)
    expect(done).toMatchObject({ resumedAtWindow: 0 })

    const random = createRandom(20)
    let killed = newFolder()
    let saved: number[] = []
    const places = new Set<string>()
    let next = startHostOf(hostFile)
    for (let kill = 0; kill < kills;) {
      const host = next
      // The next host starts while this one works: most of the time here goes into starting.
      next = startHostOf(hostFile)
      const running = startRecording(host, killed).then(async (stream) => {
        // Every fourth may be killed before its first batch is done.
        if (kill % 4 > 0) await stream.next()
        await sleep(random.uniform() * 50)
        host.kill()
        return readStream(Promise.resolve(stream))
      })
      const ended = await running.catch((error: unknown) => error)
      await host.whenExited
      if (ended instanceof Error) {
        await expectFailure(() => Promise.reject(ended), 'host-died', 'SIGKILL')
        saved.push(windowsSaved(killed))
        places.add(`${killed} ${saved.at(-1)}`)
        kill++
      } else {
        // On a busy machine a kill may come after the end; then another recording takes the rest of them.
        expectSameBytes(killed, alone)
        killed = newFolder()
        saved = []
      }
      expect(saved).toEqual(saved.toSorted((a, b) => a - b))
    }
    const resumed = await recordWhole(next, killed)
    expect(places.size).toBeGreaterThan(kills / 3)
    expect(resumed.done).toEqual({ ...done, resumedAtWindow: saved.at(-1) ?? 0 })
    expectSameBytes(killed, alone)
  }, 240_000)

  test('whose checkpoint was cut short starts again and ends in the same bytes', async () => {
    const alone = join(work, 'whole')
    await recordWhole(startHostOf(hostFile), alone, 6000)
    const checkpoint = readFileSync(join(alone, recordingFiles.checkpoint))
    const damaged = join(work, 'damaged')
    mkdirSync(damaged)
    writeFileSync(join(damaged, recordingFiles.checkpoint), checkpoint.subarray(0, -1))
    const { done } = await recordWhole(startHostOf(hostFile), damaged, 6000)
    expect(done.resumedAtWindow).toBe(0)
    expect(recordingBytes(damaged)).toEqual(recordingBytes(alone))
  })
})
