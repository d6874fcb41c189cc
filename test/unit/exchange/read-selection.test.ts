import { describe, expect, it } from 'vitest'
import { readNeuronSelection } from '../../../src/core/exchange/read-selection.ts'
import { cohenKappa } from '../../../src/core/stats/agreement.ts'

describe('neurons that another program chose', () => {
  it.each([
    [
      'a dictionary of hooks',
      '{"blocks.5.mlp.hook_post":[993,1124],"blocks.11.mlp.hook_post":[1576,1576]}',
      ['mlp:5:993', 'mlp:5:1124', 'mlp:11:1576'],
    ],
    [
      'a dictionary of module paths',
      '{"transformer.h.3.mlp.act":[7],"transformer.h.0.attn.c_proj":[2]}',
      ['mlp:3:7', 'attention:0:2'],
    ],
    ['a dictionary of layers', '{"0":[1],"10":[2]}', ['mlp:0:1', 'mlp:10:2']],
    [
      'a plan',
      '{"version":1,"neurons":["mlp:0:5","attention:1:7"],"replacement":"zero"}',
      ['mlp:0:5', 'attention:1:7'],
    ],
    ['a list of ids', '["mlp:0:5","mlp:0:5"]', ['mlp:0:5']],
  ])('come from %s', (_, text, neurons) => {
    expect(readNeuronSelection(text, 'file').neurons).toEqual(neurons)
  })

  it.each([
    ['\u0080\u0003}q\u0000', 'is not JSON'],
    ['{"mlp":[1]}', 'has the key "mlp", which names no layer'],
    ['{"blocks.1.mlp.2":[1]}', 'has the key "blocks.1.mlp.2", which names no layer'],
    ['{"3":5}', 'has no list of indices under "3"'],
    ['{"3":[-1]}', 'has -1 among the indices of "3"'],
    ['["mlp:0"]', 'has "mlp:0" where an id such as "mlp:3:117" is expected'],
    ['5', 'holds no neurons'],
  ])('are not read from %j', (text, message) => {
    expect(() => readNeuronSelection(text, 'file')).toThrow(`file ${message}`)
  })
})

describe("Cohen's kappa", () => {
  it('is that of the textbook table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no', () => {
    const pairs = [
      ...Array.from({ length: 20 }, () => ['y', 'y']),
      ...Array.from({ length: 5 }, () => ['y', 'n']),
      ...Array.from({ length: 10 }, () => ['n', 'y']),
      ...Array.from({ length: 15 }, () => ['n', 'n']),
    ]
    const agreement = cohenKappa(
      pairs.map(([a]) => a!),
      pairs.map(([, b]) => b!),
    )
    expect(agreement).toMatchObject({ n: 50, same: 35 })
    expect(agreement.kappa).toBeCloseTo(0.4, 12)
  })

  it('is not known where chance alone would agree always', () => {
    expect(cohenKappa(['y', 'y'], ['y', 'y'])).toEqual({ n: 2, same: 2, kappa: null })
    expect(cohenKappa([], [])).toEqual({ n: 0, same: 0, kappa: null })
  })
})
