import { describe, expect, test } from 'vitest'
import { diagnosticsText, redact } from '../../../src/main/services/session/diagnostics.ts'
import { sessionBench } from './session-bench.ts'

const { session, scratch } = sessionBench()

const canaries = [
  'sk-proj-4f9a8b7c6d5e4f3a2b1c',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'hf_QwErTyUiOpAsDfGhJkLz',
  'AKIAIOSFODNN7EXAMPLE',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc',
  'Zk3nR8sT1vW6yB2dF5gH9jL4mQ7pX0cE',
  'hunter2hunter2',
  'open-sesame',
]

describe('the diagnostics', () => {
  test('hold versions, settings, steps and log lines', async () => {
    const own = session()
    await own.workspaces.create(scratch(), 'Mine')
    own.log('engine: something happened')
    const text = diagnosticsText(own)
    expect(text).toContain('SNIP Workbench 0.1.0')
    expect(text).toContain('"theme":"system"')
    expect(text).toContain('model: empty')
    expect(text).toContain('engine: something happened')
  })

  test('hold no secret and no path of the person, wherever they stood', async () => {
    const own = session()
    const parent = scratch()
    const { path } = await own.workspaces.create(parent, 'Very private name')
    const [openai, github, face, amazon, jwt, opaque, password, cookie] = canaries
    own.log(`request with ${openai} and ${github} failed`)
    own.log(`Authorization: Bearer ${face}`)
    own.log(`key ${amazon}; jwt ${jwt}; other ${opaque}`)
    own.log(`password=${password} cookie: ${cookie}`)
    own.log(`http://127.0.0.1:4767/#token=${opaque}`)
    own.log(`reading ${path}/recordings/x and /home/somebody/secret-project/notes.txt and C:\\Users\\Somebody\\x.txt`)
    const text = diagnosticsText(own)
    for (const canary of canaries) expect(text).not.toContain(canary)
    for (const part of ['Very private name', parent, 'somebody', 'secret-project', 'Somebody', own.dataFolder]) {
      expect(text).not.toContain(part)
    }
    expect(text).toContain('<workspace>/recordings/x')
  })

  test('leave plain sentences as they are', () => {
    const plain = 'Recording: 3 of 937 windows (mlp:3:117), 12.5 MB/s, cpu and/or cuda'
    expect(redact(plain, [])).toBe(plain)
  })
})
