import { describe, expect, test } from 'vitest'
import { MemoryWatch } from '../../../src/main/services/memory/memory-watch.ts'
import { parseVideoMemory, readVideoMemory } from '../../../src/main/services/memory/video-memory.ts'

const mebibyte = 1024 * 1024
function failing(error: object): () => Promise<never> {
  return async () => {
    throw Object.assign(new Error('it failed'), error)
  }
}

describe('what nvidia-smi prints', () => {
  test('is read GPU by GPU, in bytes', () => {
    expect(parseVideoMemory('24564, 1203\n16384, 0\n')).toEqual([
      { totalBytes: 24564 * mebibyte, usedBytes: 1203 * mebibyte },
      { totalBytes: 16384 * mebibyte, usedBytes: 0 },
    ])
    expect(parseVideoMemory('8192, 100\r\n')).toEqual([{ totalBytes: 8192 * mebibyte, usedBytes: 100 * mebibyte }])
  })

  test('may leave numbers out', () => {
    expect(parseVideoMemory('[N/A], [N/A]\n')).toEqual([{ totalBytes: null, usedBytes: null }])
    expect(parseVideoMemory('8192, [Not Supported]\n')).toEqual([{ totalBytes: 8192 * mebibyte, usedBytes: null }])
  })

  test('may be no table at all', () => {
    for (const text of ['', '\n', 'No devices were found\n', '8192\n', '8192, 1, 2\n', '-1, 3\n', '1e3, 3\n']) {
      expect([text, parseVideoMemory(text)]).toEqual([text, null])
    }
  })
})

describe('video memory', () => {
  test('is asked of the tool with a limit of two seconds', async () => {
    const asked: unknown[] = []
    const run = (...call: unknown[]) => {
      asked.push(...call)
      return Promise.resolve('81559, 4\n')
    }
    expect(await readVideoMemory(run, 'linux')).toEqual({
      gpus: [{ totalBytes: 81559 * mebibyte, usedBytes: 4 * mebibyte }],
      note: null,
    })
    const args = ['--query-gpu=memory.total,memory.used', '--format=csv,noheader,nounits']
    expect(asked).toEqual(['nvidia-smi', args, 2000])
  })

  test('says why there is none to show', async () => {
    const note = async (run: () => Promise<string>, platform: NodeJS.Platform = 'linux') => {
      const { gpus, note: words } = await readVideoMemory(run, platform)
      expect(gpus).toEqual([])
      return words
    }
    expect(await note(failing({ code: 'ENOENT' }))).toBe('No GPU found: there is no nvidia-smi here.')
    expect(await note(failing({ code: 9 }))).toBe('No GPU found: nvidia-smi failed.')
    expect(await note(failing({ killed: true }))).toBe('The GPU driver did not answer within two seconds.')
    expect(await note(() => Promise.resolve('No devices were found'))).toBe('No GPU found: nvidia-smi names none.')
    expect(await note(failing({}), 'darwin')).toBe('A Mac shares its memory with the GPU.')
  })
})

describe('memory now', () => {
  test('asks the driver once for all who ask at a time, and again when the answer is old', async () => {
    let asked = 0
    let now = 0
    const watch = new MemoryWatch({
      enginePid: () => undefined,
      videoMemory: () => {
        asked++
        return Promise.resolve({ gpus: [{ totalBytes: 8, usedBytes: asked }], note: null })
      },
      now: () => now,
    })
    const answers = await Promise.all([watch.read(), watch.read()])
    expect(answers.map(({ video }) => video.gpus[0]?.usedBytes)).toEqual([1, 1])
    now = 1999
    expect((await watch.read()).video.gpus[0]?.usedBytes).toBe(1)
    now = 2000
    expect((await watch.read()).video.gpus[0]?.usedBytes).toBe(2)
    expect(asked).toBe(2)
  })

  test('knows nothing of an engine that does not run, and starts none', async () => {
    const video = { gpus: [], note: 'none' }
    const watch = new MemoryWatch({ enginePid: () => undefined, videoMemory: () => Promise.resolve(video) })
    const none = await watch.read()
    expect(none.engineBytes).toBeNull()
    expect(none.freeBytes).toBeGreaterThan(0)
    expect(none.freeBytes).toBeLessThanOrEqual(none.totalBytes)
  })
})
