import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { snipIn, someCloze, someText } from './snip.ts'

const { path, snip, json } = snipIn('bad')
const model = path('model')

/** `@name` stands for a file of the scratch folder. */
const locate = (argv: string) => argv.split(' ').map((part) => (part.startsWith('@') ? path(part.slice(1)) : part))

beforeAll(async () => {
  makeGpt2(model, { context: 32 })
  makeGpt2(path('truncated'))
  const weights = path('truncated', 'model.safetensors')
  writeFileSync(weights, readFileSync(weights).subarray(0, 2000))
  makeGpt2(path('mute'))
  writeFileSync(path('mute', 'tokenizer.json'), '{')
  mkdirSync(path('empty'))
  makeGpt2(path('strange'))
  const config = JSON.parse(readFileSync(path('strange', 'config.json'), 'utf8')) as object
  writeFileSync(
    path('strange', 'config.json'),
    JSON.stringify({ ...config, model_type: 'mamba', architectures: ['M'] }),
  )

  writeFileSync(path('text.txt'), someText(300))
  writeFileSync(path('short.txt'), 'the')
  writeFileSync(path('nothing.txt'), '')
  writeFileSync(path('binary.txt'), Buffer.from([0, 1, 2, 255, 0, 254, 3, 0, 0]))
  writeFileSync(path('table.csv'), 'id,text\n1,the sand\n2,the door\n')
  writeFileSync(path('cloze.txt'), someCloze(20))
  writeFileSync(path('absent.json'), '{"neurons":["mlp:7:0"]}')
  writeFileSync(path('beyond.json'), '{"neurons":["attention:0:24"]}')
  writeFileSync(path('words.json'), '{"neurons":["all of them"]}')
  writeFileSync(path('typo.json'), '{"neuron":[]}')
  writeFileSync(path('plan.json'), '{"neurons":["mlp:0:5"]}')
  writeFileSync(path('no.onnx'), 'not a model')
  writeFileSync(path('thesis.md'), '# The only copy\n')
  const header = { method: 'random', preset: null, params: {}, modelHash: null, seed: 1, neuronCount: 192 }
  writeFileSync(path('ranking.jsonl'), `${JSON.stringify(header)}\n{"neuron":"mlp:0:1","score":1,"rank":1}\n`)
  writeFileSync(path('broken.jsonl'), `${JSON.stringify(header)}\n{"neuron":"mlp:0:1","score":1,"rank":2}\n`)
  await json('record', model, path('text.txt'), '--window', '16', '--out', path('recording'))
  const concept = { neuron: 'mlp:0:1', author: 'me', explainer: null, score: null, scoreKind: null, status: 'edited' }
  writeFileSync(path('endless.jsonl'), `${JSON.stringify({ ...concept, text: 'x'.repeat(10_001) })}\n`)
  cpSync(path('recording'), path('tampered'), { recursive: true })
  const tokens = readFileSync(path('tampered', 'tokens.i32'))
  writeFileSync(path('tampered', 'tokens.i32'), tokens.fill(0x7f))
  const aliases = Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [${'*a'.concat(`${at}, `).repeat(9)}]`)
  writeFileSync(path('laughs.yaml'), ['a0: &a0 [lol]', ...aliases, ''].join('\n'))
  writeFileSync(path('deep.yaml'), '['.repeat(100_000))
  writeFileSync(path('homeless.yaml'), 'version: 1\nname: x\nmodel: nowhere\ntasks: {}\n')
})

const cases: readonly (readonly [string, RegExp])[] = [
  ['', /No command was given/],
  ['prune', /unknown command 'prune'/],
  ['inspect', /missing required argument 'model'/],
  ['inspect @model extra', /too many arguments/],
  ['inspect @model --jsn', /unknown option '--jsn'/],
  ['inspect @nowhere', /There is no model/],
  ['inspect @empty', /no config\.json/],
  ['inspect @truncated', /model\.safetensors/],
  ['inspect @mute', /tokenizer\.json is not JSON/],
  ['inspect @strange', /mamba/],
  ['inspect @no.onnx', /no\.onnx/],
  ['inspect @text.txt', /neither a checkpoint folder nor an \.onnx/],
  ['inspect @model --tokenizer @nowhere.json', /nowhere\.json/],
  ['inspect @model --threads many', /--threads needs a whole number from 0/],
  ['inspect @model --threads -1', /--threads needs a whole number from 0/],
  ['inspect @model --provider gpu', /--provider cannot be 'gpu'/],
  ['inspect @model --provider cuda', /cuda|CUDA/],
  ['data @nowhere.csv', /There is no file/],
  ['data @nothing.txt', /empty/],
  ['data @binary.txt', /binary\.txt/],
  ['data @table.csv --where DROP', /--where/],
  ['data @table.csv --sample 9', /--sample 9/],
  ['data @table.csv --sample 1.5', /--sample needs a whole number/],
  ['data @table.csv --text-column words', /words/],
  ['data @table.csv --seed -1', /--seed needs a whole number/],
  ['tokens @model', /required option '--text <text>'/],
  ['logprobs @model', /Neither --ids nor --text/],
  ['logprobs @model --ids 1 --text a', /exclude each other/],
  ['logprobs @model --ids 1,x', /--ids needs token ids/],
  ['logprobs @model --ids 1,272', /Token id 272 is not in the vocabulary/],
  [`logprobs @model --ids ${Array.from({ length: 33 }, () => 1).join(',')}`, /33 tokens .* context of 32/],
  ['logprobs @model --ids 1,2 --logits all', /--logits cannot be 'all'/],
  ['logprobs @model --ids 1,2 --plan @absent.json', /mlp:7:0, but site 'mlp' has layers 0 to 1/],
  ['logprobs @model --ids 1,2 --plan @beyond.json', /attention:0:24, but layer 0 .* 0 to 23/],
  ['logprobs @model --ids 1,2 --plan @words.json', /"all of them"/],
  ['logprobs @model --ids 1,2 --plan @typo.json', /typo\.json/],
  ['logprobs @model --ids 1,2 --plan @text.txt', /text\.txt is not JSON/],
  ['logprobs @model --ids 1,2 --plan @nowhere.json', /There is no file/],
  ['generate @model --prompt a --max-new 0', /--max-new needs a whole number from 1/],
  ['generate @model --prompt a --temperature hot', /--temperature needs a number/],
  ['generate @model --prompt a --temperature -1', /--temperature needs a number/],
  ['record @model @text.txt', /required option '--out <dir>'/],
  ['record @model @text.txt --out @new --window 33', /context of 32/],
  ['record @model @text.txt --out @new --window 1', /--window needs a whole number from 2/],
  ['record @model @text.txt --out @new --window 16 --tokens 100000', /100,?000|tokens/],
  ['record @model @text.txt --out @new --window 16 --sites mlp,heads', /--sites cannot be 'heads'/],
  ['record @model @short.txt --out @new --window 16', /window/],
  ['record @model @text.txt --out @model --window 16', /belongs to no job/],
  ['record @model @text.txt --out @text.txt --window 16', /is a file, not a folder/],
  ['record @model @text.txt --out @recording --window 8', /window is 16 there and 8 here/],
  ['neuron @recording mlp:0', /'mlp:0' names no neuron/],
  ['neuron @recording mlp:9:0', /mlp:9:0/],
  ['neuron @nowhere mlp:0:0', /There is no folder/],
  ['neuron @model mlp:0:0', /holds no recording/],
  ['explain @recording --explainer oracle --out @c.jsonl', /no explainer 'oracle'/],
  ['explain @recording --explainer lexical --top 0 --out @c.jsonl', /--top needs a whole number/],
  ['explain @recording --explainer lexical --top 999 --out @c.jsonl', /240 neurons/],
  ['explain @recording --explainer lexical --top 1 --neurons @text.txt --out @c.jsonl', /exclude each other/],
  ['explain @recording --explainer lexical --neurons @short.txt --out @c.jsonl', /"the" names no neuron/],
  ['explain @recording --explainer lexical --neurons @absent.json --out @c.jsonl', /mlp:7:0/],
  ['explain @recording --explainer lexical --top 1 --out @thesis.md', /will not be overwritten/],
  ['forget-concepts @text.txt --reference @text.txt --extractor oracle --out @f.jsonl', /no extractor 'oracle'/],
  ['forget-concepts @text.txt --extractor lexical --out @f.jsonl', /required option '--reference <data>'/],
  ['import @text.txt --as forget-concepts --out @f.jsonl', /no forget concepts in a known form/],
  ['import @text.txt --as plan --merge --out @p.json', /--merge says nothing with --as plan/],
  ['rank magic --model @model --out @r.jsonl', /no ranking method 'magic'/],
  ['rank snip --model @model --out @r.jsonl', /needs --concepts, --forget-concepts, --embedder/],
  ['rank random --model @model --out @r.jsonl --param size=3', /no parameter 'size'.*sites/],
  ['rank random --model @model --out @r.jsonl --param sites', /--param needs name=value/],
  ['rank random --model @model --out @r.jsonl --preset best', /no preset 'best'/],
  ['rank activation-ratio --model @model --out @r.jsonl --forget @recording', /needs --retain/],
  ['rank activation-ratio --model @model --out @r.jsonl --forget @recording --retain @empty', /holds no recording/],
  ['rank keyword --model @model --keywords x --concepts @endless.jsonl --out @r.jsonl', /endless\.jsonl, line 1: text/],
  ['rank random --model @model --out @no/r.jsonl', /There is no folder/],
  ['plan @ranking.jsonl --top 2x --out @p.json', /'2x' is neither/],
  ['plan @ranking.jsonl --top 101% --out @p.json', /more than all/],
  ['plan @ranking.jsonl --top 193 --out @p.json', /more than the 192/],
  ['plan @broken.jsonl --top 1 --out @p.json', /broken\.jsonl, line 2/],
  ['plan @ranking.jsonl --top 1 --out @thesis.md', /will not be overwritten/],
  ['evaluate @model --metric bleu --data @text.txt', /no metric 'bleu'/],
  ['evaluate @model --metric cloze --data @text.txt', /holds no cloze questions/],
  ['evaluate @model --metric cloze --data @cloze.txt', /no question after number 100.*--split all/],
  ['evaluate @model --metric cloze --data @cloze.txt --split some', /--split cannot be 'some'/],
  ['evaluate @model --metric cloze --data @cloze.txt --split all --scorer best', /scorer/],
  ['evaluate @model --metric cloze --data @cloze.txt --split all --tokens 5', /no parameter 'tokens'/],
  ['evaluate @model --metric lm --data @text.txt', /64/],
  ['evaluate @model --metric lm --data @text.txt --window 16 --plan @absent.json', /mlp:7:0/],
  ['sweep @model --ranking @ranking.jsonl --grid 0 --metric lm --out @s', /--metric needs a metric and its data/],
  ['sweep @model --ranking @ranking.jsonl --grid 1,,2 --metric lm:x --out @s', /empty part/],
  ['sweep @model --ranking @ranking.jsonl --grid 300% --metric lm:x --out @s', /more than all/],
  ['sweep @model --ranking @nowhere.jsonl --grid 0 --metric lm:x --out @s', /There is no file/],
  ['export @model --plan @plan.json --out @e.onnx', /required option '--realisation <how>'/],
  ['export @model --plan @plan.json --realisation soft --out @e.onnx', /--realisation cannot be 'soft'/],
  ['export @model --plan @plan.json --realisation zeroed --out @e.bin', /does not end in \.onnx/],
  ['export @model --plan @absent.json --realisation zeroed --out @e.onnx', /mlp:7:0/],
  ['export @model --plan @plan.json --realisation zeroed --out @no.onnx', /exists/],
  ['export @model --plan @plan.json --realisation zeroed --out @no/e.onnx', /There is no folder/],
  ['neuron @tampered mlp:0:0', /recording is damaged: window \d+ holds 2139062143, which is no token/],
  ['explain @tampered --explainer lexical --top 1 --out @c.jsonl', /recording is damaged/],
  [`plan @${'r'.repeat(300)} --top 1 --out @p.json`, /path is too long/],
  ['run @laughs.yaml --out @new', /laughs\.yaml: .*alias/i],
  ['run @deep.yaml --out @new', /deep\.yaml: /],
  ['run @homeless.yaml --out @new', /nowhere/],
  ['serve --port 70000', /--port needs a whole number/],
  ['serve --workspace @recording --demo', /--workspace and --demo exclude each other/],
  ['serve --host 0.0.0.0', /--allow-remote/],
  ['report @recording', /required option '--out <file>'/],
  ['report @recording --out @r.html', /recording is no workspace/],
  ['report @nowhere --out @r.html', /nowhere/],
  ['report @recording --out @thesis.md', /does not end in \.html/],
  ['report @recording --out @r.html --recipe @plan.json', /does not end in \.yaml/],
  ['report @recording --out @r.html --recipe @laughs.yaml', /laughs\.yaml exists already/],
]

describe('bad input', () => {
  it.each(cases)('snip %s: exit 2 and one line that says why', async (argv, why) => {
    const before = readdirSync(path()).toSorted()
    const ran = await snip(argv === '' ? [] : locate(argv))
    expect(ran.err).toMatch(why)
    expect(ran.code).toBe(2)
    expect(ran.errLines).toHaveLength(1)
    expect(ran.err).toMatch(/^snip: .+[.!?]\n$/)
    expect(ran.out).toBe('')
    expect(readdirSync(path()).toSorted()).toEqual(before)
  })

  it('leaves what was there as it was', () => {
    expect(readFileSync(path('thesis.md'), 'utf8')).toBe('# The only copy\n')
    expect(readFileSync(path('no.onnx'), 'utf8')).toBe('not a model')
    expect(existsSync(path('recording', 'lock'))).toBe(false)
  })
})

describe('help', () => {
  it('names the commands of this version', async () => {
    const { code, out, err } = await snip(['--help'])
    expect([code, err]).toEqual([0, ''])
    for (const name of [
      'inspect',
      'data',
      'logprobs',
      'record',
      'rank',
      'sweep',
      'export',
      'report',
      'serve',
      'doctor',
    ]) {
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
  })
})
