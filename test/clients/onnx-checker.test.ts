import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../engine/expectations.ts'
import { openFamily } from '../engine/family-model.ts'
import { meanPlan, writeExport, zeroPlan } from '../engine/written-export.ts'
import { causalFamilies } from '../support/models/family-folders.ts'

const work = scratchFolder('onnx-checker')
/** A Python with the onnx package: SNIP_PYTHON, then Debian's. */
const python = process.env['SNIP_PYTHON'] ?? '/usr/bin/python3'
const neurons = ['mlp:0:1', 'mlp:1:4', 'attention:0:2', 'attention:1:1']

interface Checked {
  readonly file: string
  readonly ir: number
  readonly opsets: readonly (readonly [string, number])[]
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

beforeAll(() => {
  const found = spawnSync(python, ['-c', 'import onnx; print(onnx.__version__)'], { encoding: 'utf8' })
  if (found.status === 0) return
  throw new Error(
    `${python} has no onnx package: sudo apt-get install -y python3-onnx, or name a Python that has it in SNIP_PYTHON`,
  )
})

test('Python’s checker accepts the files and folders of every family: opset 17, IR 8', async () => {
  const files: string[] = []
  const folders: string[] = []
  for (const { name, directory } of causalFamilies()) {
    const model = await openFamily(directory)
    const file = join(work, `${name}.onnx`)
    const folder = join(work, name)
    await writeExport(model, { plan: meanPlan(neurons), realisation: 'compact', format: 'onnx', file })
    await writeExport(model, { plan: zeroPlan(neurons), realisation: 'zeroed', format: 'onnx-folder', file: folder })
    files.push(file)
    folders.push(join(folder, 'onnx/model.onnx'))
    await model.sessions.release()
  }
  expect(files.length).toBeGreaterThan(10)
  const script = join(import.meta.dirname, 'check_models.py')
  const { stdout, stderr } = spawnSync(python, [script, ...files, ...folders], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const checked = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Checked)
  expect(checked.map(({ file }) => file)).toEqual([...files, ...folders])
  for (const { file, ir, opsets, inputs, outputs } of checked) {
    expect({ file, ir, opsets }).toEqual({ file, ir: 8, opsets: [['', 17]] })
    expect(outputs[0]).toBe('logits')
    const isFile = files.includes(file)
    expect(inputs.slice(0, 2)).toEqual(isFile ? ['input_ids'] : ['input_ids', 'attention_mask'])
    expect(inputs.some((one) => one.startsWith('past_key_values.'))).toBe(!isFile)
  }
})
