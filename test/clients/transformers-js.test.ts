import { AutoModelForCausalLM, env, pipeline, Tensor } from '@huggingface/transformers'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../src/main/engine-host/operations/generate.ts'
import { snipIn } from '../cli/snip.ts'
import { scratchFolder } from '../engine/expectations.ts'
import { openFamily } from '../engine/family-model.ts'
import { writeExport, zeroPlan } from '../engine/written-export.ts'
import { causalFamilies } from '../support/models/family-folders.ts'

const { path, json } = snipIn('transformers-js')
const work = scratchFolder('transformers-js')
const demo = join(import.meta.dirname, '../../resources/demo/model')
const before = { ...env }

beforeAll(() => {
  env.allowRemoteModels = false
  env.allowLocalModels = true
})
afterAll(() => void Object.assign(env, before))

describe('transformers.js in Node', () => {
  test('writes from a folder of snip export what snip generate writes, two prompts at once as well', async () => {
    const neurons = ['mlp:0:5', 'mlp:1:7', 'mlp:3:99', 'attention:1:7', 'attention:2:40']
    writeFileSync(path('plan.json'), JSON.stringify({ neurons }))
    const out = path('pruned')
    await json(
      'export',
      demo,
      '--plan',
      path('plan.json'),
      '--realisation',
      'zeroed',
      '--format',
      'onnx-folder',
      '--out',
      out,
    )
    const prompts = ['The king said to the', 'def read(']
    const expected: string[] = []
    for (const prompt of prompts) {
      const { text } = await json<{ text: string }>(
        'generate',
        demo,
        '--plan',
        path('plan.json'),
        '--prompt',
        prompt,
        '--max-new',
        '16',
      )
      expected.push(text)
    }
    env.localModelPath = join(out, '..')
    const write = await pipeline('text-generation', basename(out))
    const settings = { max_new_tokens: 16, do_sample: false, return_full_text: false } as const
    const textOf = (written: unknown) => (written as { generated_text: string }[])[0]!.generated_text
    expect(textOf(await write(prompts[0]!, settings))).toBe(expected[0])
    const both = (await write(prompts, settings)) as unknown[]
    expect(both.map(textOf)).toEqual(expected)
    await write.dispose()
  })

  test.each(causalFamilies().map((family) => [family.name, family] as const))(
    'continues an exported %s as the masked model does',
    async (name, family) => {
      const model = await openFamily(family.directory)
      const plan = zeroPlan(['mlp:0:1', 'mlp:1:4', 'attention:0:2', 'attention:1:1'])
      await writeExport(model, { plan, realisation: 'compact', format: 'onnx-folder', file: join(work, name) })
      const prompt = family.sequences[0]!.slice(0, 6)
      const steps = generate(model, prompt, plan, { maxNewTokens: 8, temperature: 0, seed: 1 }, undefined)
      let step = await steps.next()
      while (!step.done) step = await steps.next()
      const { ids } = step.value
      expect(ids.length).toBeGreaterThan(0)
      env.localModelPath = work
      const loaded = await AutoModelForCausalLM.from_pretrained(name)
      const inputs = new Tensor('int64', BigInt64Array.from(prompt, BigInt), [1, prompt.length])
      const settings = { max_new_tokens: 8, do_sample: false } as never
      const written = (await loaded.generate({ inputs, generation_config: settings })) as Tensor
      expect([...written.data].map(Number).slice(prompt.length)).toEqual(ids)
      await loaded.dispose()
      await model.sessions.release()
    },
  )
})
