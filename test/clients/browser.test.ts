import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { generate } from '../../src/main/engine-host/operations/generate.ts'
import { largestDifference, scratchFolder } from '../engine/expectations.ts'
import { logitsOf, openFamily } from '../engine/family-model.ts'
import { writeExport, zeroPlan } from '../engine/written-export.ts'
import { sharedChromium } from '../support/chromium.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { serveFolders } from './static-server.ts'

const work = scratchFolder('clients-browser')
const modules = resolve(import.meta.dirname, '../../node_modules')
const demo = resolve(import.meta.dirname, '../../resources/demo/model')
const neurons = ['mlp:0:5', 'mlp:1:7', 'attention:0:3', 'attention:1:7']

let page: Page
let server: Awaited<ReturnType<typeof serveFolders>>

beforeAll(async () => {
  const folders = {
    '/ort': resolve(modules, 'onnxruntime-web/dist'),
    '/common': resolve(modules, 'onnxruntime-common/dist/esm'),
    '/transformers': resolve(modules, '@huggingface/transformers/dist'),
    '/page': resolve(import.meta.dirname, 'page'),
    '/models': work,
  }
  const imports = {
    'onnxruntime-web': '/ort/ort.wasm.min.mjs',
    'onnxruntime-web/webgpu': '/ort/ort.wasm.min.mjs',
    'onnxruntime-common': '/common/index.js',
  }
  server = await serveFolders(folders, { imports, script: '/page/clients.js' })
  const browser = await sharedChromium()
  page = await browser.newPage()
  await page.goto(server.origin)
  await page.waitForFunction('logitsOfFile !== undefined')
})
afterAll(async () => {
  await page?.context().close()
  await server?.stop()
})

/** Calls a function of page/clients.js. */
async function inPage<T>(name: 'logitsOfFile' | 'textOfFolder', input: Record<string, unknown>): Promise<T> {
  return page.evaluate(`${name}(${JSON.stringify(input)})`) as Promise<T>
}

describe('onnxruntime-web opens exported files', () => {
  const chosen = causalFamilies().filter(({ name }) => ['gemma2', 'gpt-neox', 'opt', 'qwen3'].includes(name))

  test.each(chosen.map((family) => [family.name, family] as const))('%s: the same logits', async (name, family) => {
    const model = await openFamily(family.directory)
    const ids = family.sequences[0]!
    const masked = await logitsOf(model, ids, neurons)
    for (const weights of ['inline', 'external'] as const) {
      const file = `${name}-${weights}.onnx`
      await writeExport(model, {
        plan: zeroPlan(neurons),
        realisation: 'compact',
        format: 'onnx',
        file: `${work}/${file}`,
        weights,
      })
      const logits = await inPage<number[]>('logitsOfFile', {
        file,
        data: weights === 'inline' ? null : `${file}.data`,
        ids,
      })
      expect(largestDifference(logits, masked)).toBeLessThanOrEqual(1e-4)
    }
    await model.sessions.release()
  })
})

async function ownText(model: OpenModel, prompt: string, tokens: number): Promise<string> {
  const ids = model.tokenizer.encode(prompt)
  const settings = { maxNewTokens: tokens, temperature: 0, seed: 1 }
  const steps = generate(model, [...ids], zeroPlan(neurons), settings, undefined)
  let step = await steps.next()
  while (!step.done) step = await steps.next()
  return step.value.text
}

describe('transformers.js in a page writes from an exported folder', () => {
  test.each(['inline', 'external'] as const)('what snip generate does (weights %s)', async (weights) => {
    const model = await openFamily(demo)
    const folder = `demo-${weights}`
    await writeExport(model, {
      plan: zeroPlan(neurons),
      realisation: 'compact',
      format: 'onnx-folder',
      file: `${work}/${folder}`,
      weights,
    })
    for (const prompt of ['The king said to the', 'def read(']) {
      const expected = await ownText(model, prompt, 16)
      expect(expected.length).toBeGreaterThan(10)
      expect(await inPage('textOfFolder', { folder, prompt, tokens: 16 })).toBe(expected)
    }
    await model.sessions.release()
  })
})
